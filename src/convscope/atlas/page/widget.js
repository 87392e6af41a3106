// node_modules/preact/dist/preact.mjs
var e, t, n, r, i, a, o, s, c, l, u, d = Symbol.for("pv"), f = {}, p = [], m = /^m(i|n|o|s|text|space)$/, h = Array.isArray, g = p.slice, _ = Object.assign;
function v(e) {
	e && e.parentNode && e.remove();
}
function y(n, r, i, a, o) {
	var s = {
		type: n,
		props: r,
		key: i,
		ref: a,
		__k: null,
		__: null,
		__b: 0,
		__e: null,
		__c: null,
		constructor: d,
		__v: o || ++t,
		__i: -1,
		__u: 0
	};
	return !o && e.vnode && e.vnode(s), s;
}
function b(e) {
	return e.children;
}
function x(e, t) {
	this.props = e, this.context = t, this.__g = 0;
}
function S(e, t) {
	if (t == null) return e.__ && S(e.__, e.__i + 1);
	for (var n; t < e.__k.length; t++) if ((n = e.__k[t]) && n.__e) return n.__e;
	return typeof e.type != "function" || e.props.__P ? null : S(e);
}
function C(t) {
	var n, r = t.__v, i = r.__e, a = [], o = [], s = t.__P;
	s && ((n = _({ constructor: d }, r)).__v = r.__v + 1, e.vnode && e.vnode(n), O(s, n, r, t.__n, s.namespaceURI, 32 & r.__u ? [i] : null, a, i || S(r), 32 & r.__u, o), n.__v = r.__v, n.__.__k[n.__i] = n, ce(a, n, o), r.__ = r.__e = null, n.__e != i && w(n));
}
function w(e) {
	if ((e = e.__) && e.__c && !e.props.__P) return e.__e = null, e.__k.some(function(t) {
		return t && (e.__e = t.__e);
	}), w(e);
}
function T(t) {
	(8 & t.__g || (t.__g |= 8, n.push(t), i++)) && r == e.debounceRendering || ((r = e.debounceRendering) || queueMicrotask)(E);
}
function E() {
	try {
		for (var e, t = 1; n.length;) n.length > t && n.sort(a), e = n.shift(), t = n.length, 8 & e.__g && C(e);
	} finally {
		(i = n.length) && (r || queueMicrotask)(E);
	}
}
function ee(e, t, n, r, i, a, o, s, c, l, u) {
	var d, m, h, g, _, v, y = r.__k || p, b = t.length;
	for (c = D(n, t, y, c, b), d = 0; d < b; d++) (h = n.__k[d]) != null && (m = ~h.__i && y[h.__i] || f, h.__i = d, v = O(e, h, m, i, a, o, s, c, l, u), g = h.__e, (m.ref != h.ref || 8 & m.__u) && (m.ref && k(m.ref, null, h, m), h.ref && u.push(h.ref, h.__c || g, h)), _ ||= g, 4 & h.__u ? (c = te(h, c, e, !m.__v), m.__e && (m.__e = null)) : typeof h.type == "function" && v !== void 0 ? c = v : g && (c = g.nextSibling), h.__u &= -21);
	return n.__e = _, c;
}
function D(e, t, n, r, i) {
	var a, o, s, c, l, u, f, p, m, g = n.length, _ = g, v = 0, x = 0, C = e.__k = Array(i);
	for (a = 0; a < i; a++) (o = t[a]) != null && typeof o != "boolean" && typeof o != "function" ? (typeof o != "object" || o.constructor === String ? o = C[a] = y(null, o) : h(o) ? o = C[a] = y(b, { children: o }) : o.constructor === d && o.__b ? o = C[a] = y(o.type, o.props, o.key, o.ref, o.__v) : C[a] = o, c = a + v, o.__ = e, o.__b = e.__b + 1, s = null, ~(l = o.__i = ne(o, n, c, _)) && (_--, (s = n[l]) && (s.__u |= 2)), s && s.__v ? (o.__u |= 16, l == c - 1 ? v-- : l == c + 1 ? v++ : l != c && (l > c ? v-- : v++, x = 1)) : (~l || (i > g ? v-- : i < g && v++), typeof o.type != "function" && (o.__u |= 4))) : C[a] = null;
	if (x) {
		for (u = [], f = [], a = 0; a < i; a++) if ((o = C[a]) && 16 & o.__u) {
			for (v = 0, p = u.length; v < p;) u[m = v + p >> 1] < o.__i ? v = m + 1 : p = m;
			u[v] = o.__i, f[a] = v + 1;
		}
		for (v = u.length; a--;) f[a] && (f[a] == v ? v-- : C[a].__u |= 4);
	}
	if (_) for (a = 0; a < g; a++) !(s = n[a]) || 2 & s.__u || (s.__e == r && (r = S(s)), ue(s, s));
	return r;
}
function te(e, t, n, r) {
	var i, a, o, s;
	if (typeof e.type == "function") {
		if (e.props.__P) return t;
		if (i = e.__k) for (a = 0; a < i.length; a++) i[a] && (i[a].__ = e, t = te(i[a], t, n, !1));
		return t;
	}
	for (t && !t.parentNode && (t = S(e)) && !t.parentNode && (t = null), o = e.__e, s = t; s && s.nodeType == 8;) s = s.nextSibling;
	for (o != s && (!r && n.moveBefore && o.parentNode ? n.moveBefore(o, t) : n.insertBefore(o, t || null)), t = o; (t &&= t.nextSibling) && t.nodeType == 8 && !t.data.startsWith("$s"););
	return t;
}
function ne(e, t, n, r) {
	var i, a = e.key, o = e.type, s = t[n], c = s && !(2 & s.__u);
	if (s === null && a == null || c && a == s.key && o == s.type) return n;
	if (r > +!!c) {
		for (i = n - 1; i >= 0; i--) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
		for (i = n + 1; i < t.length; i++) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
	}
	return -1;
}
function re(e, t, n) {
	n ??= "", t[0] == "-" ? e.setProperty(t, n) : e[t] = n;
}
function ie(e, t, n, r, i) {
	var a, o;
	if (t == "style") {
		if (typeof n == "string") e.style.cssText = n;
		else {
			if (typeof r == "string" && (e.style.cssText = r = ""), r) for (t in r) n && t in n || re(e.style, t);
			if (n) for (t in n) r && n[t] == r[t] || re(e.style, t, n[t]);
		}
	} else if (t[0] == "o" && t[1] == "n") typeof n != "function" && (n = null), typeof r != "function" && (r = null), (e.__e ||= {})[t] = n, n && r || (o = l[t] || (l[t] = ae(t)), (e.__a ||= {})[t] = c, a = t != (t = t.replace(s, "$1")), (t = t.slice(2))[0] < "a" && (t = t.toLowerCase()), n ? e.addEventListener(t, o, a) : e.removeEventListener(t, o, a));
	else {
		if (i == "http://www.w3.org/2000/svg") t = t.replace(/xlink(H|:h)/, "h").replace(/sName$/, "s");
		else if (t != "width" && t != "height" && t != "href" && t != "list" && t != "form" && t != "tabIndex" && t != "download" && t != "rowSpan" && t != "colSpan" && t != "role" && t != "popover" && t in e) try {
			e[t] = n ?? "";
			return;
		} catch {}
		if (typeof n == "function") return;
		n == null || !1 === n && t[4] != "-" ? e.removeAttribute(t) : e.setAttribute(t, t == "popover" && n == 1 ? "" : n);
	}
}
function ae(t) {
	return function(n) {
		var r = this.__e;
		if (r) {
			if (r = r[t], n[o] == null) n[o] = c++;
			else if (n[o] < this.__a[t]) return;
			return r(e.event ? e.event(n) : n);
		}
	};
}
function O(t, n, r, i, a, o, s, c, l, u) {
	var f, m, g, y, C, w, T, E, D, te, ne, re, ie, ae, O, ce, k, A, j = n.type;
	if (n.constructor !== d) return null;
	128 & r.__u && (l = 32 & r.__u, f = r.__c.__z) && (n.__u |= l, m = o = [], f.nodeType == 8 ? c = oe(f, o) : o.push(f), c = o[0] || c), (f = e.__b) && f(n);
	n: if (typeof j == "function") {
		g = s.length;
		try {
			if (E = n.props, D = (f = j.prototype) && f.render, te = (f = j.contextType) && i[f.__c], ne = f ? te ? te.props.value : f.__ : i, (y = r.__c) ? (n.__c = y, 2 & y.__g && (y.__g |= 1)) : (D ? n.__c = y = new j(E, ne) : (n.__c = y = new x(E, ne), y.constructor = j, y.render = de), te && te.sub(y), y.state || (y.state = {}), y.__n = i, y.__g |= 8, y.__h = [], y.__k = []), D && (y.__s || (y.__s = y.state), j.getDerivedStateFromProps && (y.__s == y.state && (y.__s = _({}, y.__s)), _(y.__s, j.getDerivedStateFromProps(E, y.__s)))), C = y.props, w = y.state, y.__v = n, r.__c) {
				if (E !== C && D && !j.getDerivedStateFromProps && y.componentWillReceiveProps && y.componentWillReceiveProps(E, ne), n.__v == r.__v && !(8 & y.__g) || !(4 & y.__g) && y.shouldComponentUpdate && !1 === y.shouldComponentUpdate(E, y.__s, ne)) {
					n.__v != r.__v && (y.props = E, y.state = y.__s, y.__g &= -9), n.__e = r.__e, n.__k = r.__k, n.__k.some(function(e) {
						e && (e.__ = n);
					}), p.push.apply(y.__h, y.__k), y.__k = [], y.__h.length && s.push(y), c = S(r);
					break n;
				}
				y.componentWillUpdate && y.componentWillUpdate(E, y.__s, ne), D && y.componentDidUpdate && y.__h.push(function() {
					y.componentDidUpdate(C, w, T);
				});
			} else D && !j.getDerivedStateFromProps && y.componentWillMount && y.componentWillMount(), D && y.componentDidMount && y.__h.push(y.componentDidMount);
			y.context = ne, y.props = E, y.__P = t, y.__g &= -5, re = e.__r, ie = D ? 25 : 0;
			do
				y.__g &= -9, re && re(n), f = y.render(y.props, y.state = y.__s, y.context);
			while (8 & y.__g && ++ie < 25);
			D && (p.push.apply(y.__h, y.__k), y.__k = []), y.state = y.__s, y.getChildContext && (i = _({}, i, y.getChildContext())), D && r.__c && y.getSnapshotBeforeUpdate && (T = y.getSnapshotBeforeUpdate(C, w)), ae = f && f.type === b && f.key == null ? f.props.children : f, E.__P && (f = c, a = (t = E.__P).namespaceURI, l = o = null, r.props && r.props.__P != t && (r.__k.some(function(e) {
				e && ue(e, e);
			}), r.__k = null), c = r.__k ? S(r, 0) : null), c = ee(t, h(ae) ? ae : [ae], n, r, i, a, o, s, c, l, u), E.__P && (n.__e = null, c = f), n.__u &= -161, m && m.some(v), y.__h.length && s.push(y), 1 & y.__g && (y.__g &= -4);
		} catch (t) {
			if (s.length = g, n.__v = null, l || o) {
				if (t && t.then) {
					if (n.__u |= 128 | l, o) {
						for (~(k = o.indexOf(c || void 0)) || (k = o.length); (A = o[k - 1]) && A.nodeType == 8;) k--;
						for (; k < o.length; k++) if (A = o[k]) {
							if (o[k] = null, O) {
								if (A == ce) break;
							} else {
								if (A.nodeType != 8) break;
								A.data.startsWith("$s") && (ce = oe(O = A));
							}
						}
					}
					if (!O) {
						for (; c && c.nodeType == 8 && c.nextSibling;) c = c.nextSibling;
						O = c;
					}
					(f = oe(O = n.__c.__z || (n.__c.__z = O))) ? (n.__e = O, c = f) : n.__e = c, c &&= c.nextSibling;
				} else o && o.some(v);
			} else n.__e = r.__e;
			n.__k ||= r.__k || [], t && t.then || se(n), e.__e(t, n, r);
		}
	} else c = n.__e = le(r.__e, n, r, i, a, o, s, l, u, t);
	return (f = e.diffed) && f(n), c;
}
function oe(e, t) {
	if (e && e.nodeType == 8 && e.data.startsWith("$s")) for (var n = 1; e = e.nextSibling;) {
		if (e.nodeType == 8) {
			if (e.data.startsWith("$s")) n++;
			else if (e.data.startsWith("/$s") && !--n) return e;
		}
		t && t.push(e);
	}
}
function se(e) {
	e && (e.__c && (e.__c.__g |= 4), e.__k && e.__k.some(se));
}
function ce(t, n, r) {
	for (var i = 0; i < r.length;) k(r[i++], r[i++], r[i++]);
	e.__c && e.__c(n, t), t.some(function(n) {
		try {
			t = n.__h, n.__h = [], t.some(function(e) {
				e.call(n);
			});
		} catch (t) {
			e.__e(t, n.__v);
		}
	});
}
function le(t, n, r, i, a, o, s, c, l, u) {
	var d, p, _, y, b, x, C, w, T = r.props || f, E = n.props, D = n.type;
	if (D == "svg" ? a = "http://www.w3.org/2000/svg" : D == "math" ? a = "http://www.w3.org/1998/Math/MathML" : a ||= "http://www.w3.org/1999/xhtml", o) {
		for (d = 0; d < o.length; d++) if ((b = o[d]) && (D ? b.localName == D : b.nodeType == 3)) {
			t = b, o[d] = null;
			break;
		}
	}
	if (!t) {
		if (w = u.ownerDocument || document, !D) return w.createTextNode(E);
		t = w.createElementNS(a, D, E.is ? E : u), c &&= (e.__m && e.__m(n, o), !1), o = null;
	}
	if (D) {
		if (u = D == "template" && t.content || t, o = D == "textarea" && E.defaultValue != null ? null : o && g.call(u.childNodes), !c && o) for (T = {}, d = 0; d < t.attributes.length; d++) T[(b = t.attributes[d]).name] = b.value;
		for (d in T) b = T[d], d == "dangerouslySetInnerHTML" ? _ = b : d == "children" || d in E || d == "value" && "defaultValue" in E || d == "checked" && "defaultChecked" in E || ie(t, d, null, b, a);
		for (d in E) b = E[d], d == "children" ? y = b : d == "dangerouslySetInnerHTML" ? p = b : d == "value" ? x = b : d == "checked" ? C = b : c && typeof b != "function" || T[d] === b || ie(t, d, b, T[d], a);
		p ? (c || _ && (p.__html == _.__html || p.__html == t.innerHTML) || (t.innerHTML = p.__html), n.__k = []) : (_ && (t.textContent = ""), (D == "foreignObject" || a == "http://www.w3.org/1998/Math/MathML" && m.test(D)) && (a = "http://www.w3.org/1999/xhtml"), ee(u, h(y) ? y : [y], n, r, i, a, o, s, o ? o[0] : r.__k && S(r, 0), c, l), o && o.some(v)), c && D != "textarea" || (d = "value", D == "progress" && x == null ? t.removeAttribute(d) : x == null || x === t[d] && (D != "progress" || x) || ie(t, d, x, T[d], a), d = "checked", C != null && C != t[d] && ie(t, d, C, T[d], a));
	} else T === E || c && t.data == E || (t.data = E);
	return t;
}
function k(t, n, r, i) {
	try {
		typeof t == "function" ? n ? n.__x = t(n) || 1 : (i &&= i.__c || i.__e) && (n = i.__x) && (i.__x = null, typeof n == "function" ? n() : t(null)) : t.current = n;
	} catch (t) {
		e.__e(t, r);
	}
}
function ue(t, n, r) {
	var i, a, o, s;
	if (e.unmount && e.unmount(t), !(i = t.ref) || i.current && i.current != t.__e || k(i, null, n, t), i = t.__c) {
		if (i.componentWillUnmount) try {
			i.componentWillUnmount();
		} catch (t) {
			e.__e(t, n);
		}
		i.__P = i.__n = null;
	}
	if (i = t.__k) for (s = 0; s < i.length; s++) i[s] && ue(i[s], n, typeof t.type != "function" || r && !t.props.__P);
	!r && (i = t.__c) && (i = i.__z) && (a = oe(i, o = [])) && (i == t.__e && o.some(v), v(a), v(i)), r || v(t.__e), t.__e = t.__c = t.__ = null;
}
function de(e, t, n) {
	return this.constructor(e, n);
}
function A(t, n) {
	var r, i, a, o;
	e.__ && e.__(t, n), n.nodeType == 9 && (n = n.documentElement), i = (r = t && 32 & t.__u) ? null : n.__k, n.__k = y(b, { children: [t] }), a = [], o = [], O(n, n.__k, i || f, f, n.namespaceURI, i ? null : n.firstChild ? g.call(n.childNodes) : null, a, i ? i.__e : n.firstChild, r, o), ce(a, n.__k, o), n.__k.props.children = null;
}
function j(e) {
	function t(e) {
		var n, r;
		return this.getChildContext || (n = /* @__PURE__ */ new Set(), (r = {})[t.__c] = this, this.getChildContext = function() {
			return r;
		}, this.shouldComponentUpdate = function(e) {
			this.props.value != e.value && n.forEach(function(e) {
				e.__g |= 4, T(e);
			});
		}, this.sub = function(e) {
			n.add(e);
			var t = e.componentWillUnmount;
			e.componentWillUnmount = function() {
				n.delete(e), t && t.call(e);
			};
		}), e.children;
	}
	return t.__c = "__cC" + u++, t.__ = e, t.Provider = (t.Consumer = function(e, t) {
		return e.children(t);
	}).contextType = t, t;
}
e = { __e: function(e, t, n, r) {
	for (var a, o, s; t = t.__;) if ((a = t.__c) && !(1 & a.__g)) {
		a.__g |= 4;
		try {
			if ((s = (o = a.constructor) && o.getDerivedStateFromError) && a.setState(o.getDerivedStateFromError(e)), a.componentDidCatch && (a.componentDidCatch(e, r || {}), s = 1), s && 8 & a.__g) return void (a.__g |= 2);
		} catch (t) {
			e = t;
		}
	}
	throw i = 0, e;
} }, t = 0, x.prototype.setState = function(e, t) {
	var n = this.__s;
	n && n != this.state || (n = this.__s = _({}, this.state)), typeof e == "function" && (e = e(_({}, n), this.props)), e && (_(n, e), this.__v && (t && this.__k.push(t), T(this)));
}, x.prototype.forceUpdate = function(e) {
	this.__v && (this.__g |= 4, e && this.__h.push(e), T(this));
}, x.prototype.render = b, n = [], i = 0, a = function(e, t) {
	return e.__v.__b - t.__v.__b;
}, o = Symbol(), s = /(PointerCapture)$|Capture$/i, c = 0, l = {}, u = 0;
// node_modules/preact/hooks/dist/hooks.mjs
var fe, M, pe, me, he = Object.is, ge = 0, _e = [], ve = [], N = e, ye = N.__b, be = N.__r, xe = N.diffed, Se = N.__c, Ce = N.unmount, we = N.__;
function Te(e, t) {
	N.__h && N.__h(M, e, ge || t), ge = 0;
	var n = M.__H || (M.__H = {
		__: [],
		__h: []
	});
	return e >= n.__.length && n.__.push({}), n.__[e];
}
function P(e) {
	return ge = 1, Ee(Re, e);
}
function Ee(e, t, n) {
	var r = Te(fe++, 2);
	if (r.t = e, !r.__c && (r.__ = [n ? n(t) : Re(void 0, t), function(e) {
		var t = (r.__N || r.__)[0], n = r.t(t, e);
		he(t, n) || (r.__N = [n, r.__[1]], r.__c.setState({}));
	}], r.__c = M, !M.__f)) {
		M.__f = !0;
		var i = M.shouldComponentUpdate;
		M.shouldComponentUpdate = function(e, t, n) {
			var r = this.__H;
			if (!r) return !0;
			var a = !1, o = this.props != e;
			if (r.__.some(function(e) {
				e.__N && (a = !0, he(e.__[0], e.__N[0]) || (o = !0));
			}), i) {
				var s = i.call(this, e, t, n);
				return a ? s || o : s;
			}
			return !a || o;
		};
	}
	return r.__;
}
function F(e, t) {
	var n = Te(fe++, 3);
	!N.__s && Le(n.__H, t) && (n.__P = !0, n.__ = e, n.u = t, M.__H.__h.push(n));
}
function De(e, t) {
	var n = Te(fe++, 4);
	!N.__s && Le(n.__H, t) && (n.__P = !1, n.__ = e, n.u = t, M.__h.push(n));
}
function I(e) {
	return ge = 5, L(function() {
		return { current: e };
	}, []);
}
function L(e, t) {
	var n = Te(fe++, 7);
	return Le(n.__H, t) && (n.__ = e(), n.__H = t), n.__;
}
function Oe(e, t) {
	return ge = 8, L(function() {
		return e;
	}, t);
}
function ke(e) {
	var t = M.context[e.__c], n = Te(fe++, 9);
	return n.c = e, t ? (n.__ ?? (n.__ = !0, t.sub(M)), t.props.value) : e.__;
}
function Ae() {
	var e = Te(fe++, 11);
	if (!e.__) {
		for (var t = M.__v; !t.__m && t.__;) t = t.__;
		var n = t.__m || (t.__m = [0, 0]);
		e.__ = "P" + n[0] + "-" + n[1]++;
	}
	return e.__;
}
function je() {
	var e;
	do {
		for (; e = ve.shift();) try {
			Fe(e);
		} catch (t) {
			N.__e(t, { __: (e = e.__P) && e.__v });
		}
		for (; e = _e.shift();) {
			var t = e.__H;
			if (e.__P && t) try {
				t.__h.some(Fe), t.__h.some(Ie), t.__h = [];
			} catch (n) {
				t.__h = [], N.__e(n, e.__v);
			}
		}
	} while (ve.length);
}
N.__b = function(e) {
	M = null, ye && ye(e);
}, N.__ = function(e, t) {
	e && t.__k && t.__k.__m && (e.__m = t.__k.__m), we && we(e, t);
}, N.__r = function(e) {
	be && be(e), fe = 0;
	var t = (M = e.__c).__H;
	t && (pe == M ? M.__h = [] : (t.__h.some(Fe), t.__h.some(Ie), fe = 0), t.__h = [], t.__.some(function(e) {
		e.__N && (e.__ = e.__N), e.u = e.__N = void 0;
	})), pe = M;
}, N.diffed = function(e) {
	xe && xe(e);
	var t = e.__c;
	t && t.__H && (t.__H.__h.length && Pe(_e.push(t)), t.__H.__.some(function(e) {
		e.u && (e.__H = e.u);
	})), pe = M = null;
}, N.__c = function(e, t) {
	t.some(function(e) {
		try {
			e.__h.some(Fe), e.__h = e.__h.filter(function(e) {
				return !e.__ || Ie(e);
			});
		} catch (t) {
			e.__h = [function() {
				throw t;
			}];
		}
	}), Se && Se(e, t);
}, N.unmount = function(e) {
	Ce && Ce(e);
	var t, n, r = e.__c;
	r && r.__H && (r.__H.__.some(function(r) {
		try {
			if (r.__P && r.__c) {
				if (n === void 0) {
					for (n = e.__; n && (!n.__c || !n.__c.__P);) n = n.__;
					n &&= n.__c;
				}
				r.__P = n, Pe(ve.push(r));
			} else Fe(r);
		} catch (e) {
			t = e;
		}
	}), r.__H = void 0, t && N.__e(t, r.__v));
};
var Me = typeof requestAnimationFrame == "function";
function Ne(e) {
	var t, n = function() {
		clearTimeout(r), Me && cancelAnimationFrame(t), setTimeout(e);
	}, r = setTimeout(n, 35);
	Me && (t = requestAnimationFrame(n));
}
function Pe(e) {
	e != 1 && me == N.requestAnimationFrame || ((me = N.requestAnimationFrame) || Ne)(je);
}
function Fe(e) {
	var t = M, n = e.__c;
	typeof n == "function" && (e.__c = void 0, n()), M = t;
}
function Ie(e) {
	var t = M;
	e.__c = e.__(), M = t;
}
function Le(e, t) {
	return !e || e.length != t.length || t.some(function(t, n) {
		return !he(t, e[n]);
	});
}
function Re(e, t) {
	return typeof t == "function" ? t(e) : t;
}
// src/shell.ts
var ze = j(null);
function R() {
	let e = ke(ze);
	if (!e) throw Error("no shell");
	return e;
}
function z(e, t = !1) {
	let n = R(), r = I(e);
	r.current = e, De(() => {
		let e = new Proxy({}, {
			get: (e, t) => typeof t == "string" ? r.current[t] : void 0,
			has: (e, t) => typeof t == "string" && t in r.current
		});
		return n.listen(e, t);
	}, [n, t]);
}
function Be(e) {
	return e.shiftKey && e.key.length > 1 ? `Shift+${e.key}` : e.key;
}
function Ve(e) {
	let t = e.composedPath()[0] ?? e.target;
	return !t || !("tagName" in t) ? !1 : t.tagName === "INPUT" ? ![
		"button",
		"checkbox",
		"radio",
		"range"
	].includes(t.type) : t.tagName === "TEXTAREA" || t.tagName === "SELECT" || t.isContentEditable;
}
async function He(e, t) {
	try {
		return await navigator.clipboard.writeText(e), !0;
	} catch {
		let n = document.createElement("textarea");
		n.value = e, n.setAttribute("aria-hidden", "true"), t.append(n), n.select();
		let r = document.execCommand("copy");
		return n.remove(), r;
	}
}
function Ue(e, t, n = "application/json") {
	let r = typeof t == "string" ? new Blob([t], { type: n }) : t, i = document.createElement("a");
	i.href = URL.createObjectURL(r), i.download = e.replace(/[^A-Za-z0-9._-]+/g, "_"), i.click(), setTimeout(() => URL.revokeObjectURL(i.href), 1e4);
}
var We = {
	get(e) {
		try {
			return localStorage.getItem(`convscope.${e}`);
		} catch {
			return null;
		}
	},
	set(e, t) {
		try {
			localStorage.setItem(`convscope.${e}`, t);
		} catch {}
	}
};
// src/listening.ts
function Ge(e, t) {
	let n = I([]);
	return F(() => {
		let r = (e) => {
			let t = e;
			if (t.defaultPrevented || t.ctrlKey || t.metaKey || t.altKey || Ve(t) && t.key !== "Escape") return;
			let r = t.composedPath()[0];
			if ((t.key === "Enter" || t.key === " ") && r.closest?.("a,button,summary,select")) return;
			let i = n.current.filter((e) => e.modal).slice(-1), a = Be(t), o = (i.length ? i : n.current).findLast(({ keys: e }) => a in e);
			o && (t.preventDefault(), o.keys[a]?.(t));
		}, i = t ? document : e;
		return i.addEventListener("keydown", r), () => i.removeEventListener("keydown", r);
	}, [e, t]), L(() => (e, t = !1) => {
		let r = {
			keys: e,
			modal: t
		};
		return n.current.push(r), () => {
			n.current = n.current.filter((e) => e !== r);
		};
	}, []);
}
function Ke(e) {
	let t = e.dataset.theme ? e.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
	e.dataset.theme = t ? "light" : "dark", We.set("theme", e.dataset.theme);
}
// src/route.ts
var qe = (e) => encodeURIComponent(e).replace(/%3A/g, ":").replace(/%2F/g, "/");
function Je(e) {
	try {
		return decodeURIComponent(e);
	} catch {
		return e;
	}
}
function Ye(e) {
	let t = e.replace(/^#\/?/, ""), n = t.indexOf("?"), r = n < 0 ? t : t.slice(0, n), i = new URLSearchParams(n < 0 ? "" : t.slice(n + 1)), [a = "", ...o] = r.split("/"), s = Je(o.join("/")), c = {
		"": "home",
		l: "layer",
		u: "unit",
		i: "image",
		images: "images",
		compare: "compare",
		e: s ? "experiment" : "experiments"
	};
	return {
		page: Object.hasOwn(c, a) ? c[a] ?? "unknown" : "unknown",
		rest: s,
		query: i
	};
}
function Xe(e, t) {
	let n = new URLSearchParams();
	for (let [e, r] of Object.entries(t)) r != null && r !== "" && n.set(e, String(r));
	let r = n.toString();
	return r ? `${e}?${r}` : e;
}
var B = (e, t = {}) => Xe(`#/l/${qe(e)}`, t), V = (e, t) => `#/u/${qe(`${e}:${t}`)}`, H = (e) => `#/i/${e}`, Ze = (e) => `#/e/${qe(e)}`, Qe = (e, t, n = "") => Xe("#/compare", {
	a: e,
	b: t,
	with: n
}), $e = (e) => e.page === "unit" && e.query.has("embed");
function et(e) {
	let t = /^(.+?):(\d+)(@\d+,\d+)?$/.exec(e.trim());
	return t ? {
		layer: t[1],
		channel: Number(t[2])
	} : null;
}
function tt(e) {
	let t = /* @__PURE__ */ new Set(), n = e, r = !1, i = (e, i = !1) => {
		n = e, r = i, t.forEach((e) => e());
	};
	return {
		hash: () => n,
		go: (e) => i(e),
		replace: (e) => i(e, r),
		step: (e) => {
			i(e, !0);
		},
		walking: () => r,
		subscribe: (e) => (t.add(e), () => t.delete(e)),
		link: () => null
	};
}
var nt = class {
	host;
	atlas;
	entries = /* @__PURE__ */ new Map();
	constructor(e, t) {
		this.host = e, this.atlas = t;
	}
	peek(e) {
		return this.entries.get(e);
	}
	load(e) {
		let t = this.entries.get(e);
		if (t) return t.promise;
		let n = { promise: Promise.resolve() };
		return n.promise = this.host.load(e, this.atlas).then((e) => (n.value = e, e), (t) => {
			throw this.entries.delete(e), n.error = t instanceof Error ? t : Error(String(t)), n.error;
		}), this.entries.set(e, n), n.promise;
	}
}, rt = j(null);
function U() {
	let e = ke(rt);
	if (!e) throw Error("no atlas");
	return e;
}
function W(e, t) {
	let n = ke(rt), r = (t ?? n)?.store, [, i] = P(0), [a, o] = P(null), s = e === null ? void 0 : r?.peek(e), c = s !== void 0 && s.value !== void 0;
	return F(() => {
		if (e === null || !r || c) return;
		let t = !0;
		return r.load(e).then(() => t && i((e) => e + 1), (n) => t && o({
			address: e,
			error: n
		})), () => {
			t = !1;
		};
	}, [
		e,
		r,
		c
	]), c ? {
		value: s.value,
		error: null
	} : {
		value: null,
		error: a && a.address === e ? a.error : null
	};
}
function it(e, t) {
	let n = ke(rt), r = t ?? n, i = e === null || !r ? void 0 : r.store.host.picture(e, r.name), a = typeof i == "string" ? i : void 0, [o, s] = P(null);
	return F(() => {
		if (e === null || a !== void 0 || !i || typeof i == "string") return;
		let t = !0;
		return i.then((n) => t && s({
			path: e,
			url: n
		})), () => {
			t = !1;
		};
	}, [e, a]), a ?? (o && o.path === e ? o.url : void 0);
}
function at(e) {
	let t = it(e), [n, r] = P(null);
	return F(() => {
		if (t === void 0) return;
		let e = new Image();
		return e.onerror = () => r(t), e.src = t, () => {
			e.onerror = null;
		};
	}, [t]), t !== void 0 && n === t;
}
async function ot(e, t) {
	let n = new nt(e, t), r = await n.load("manifest");
	if (r.format !== "convscope-atlas") throw Error("This folder holds something that is no atlas.");
	if (r.schema > 1) throw Error(`This atlas was written by a newer convscope (format ${r.schema}; this page reads 1). Open it with that release, or build it again with this one.`);
	return {
		store: n,
		manifest: r,
		name: t
	};
}
function st(e, t) {
	return e.manifest.layers.find((e) => e.name === t);
}
function ct(e, t, n) {
	let r = e.manifest.subset?.[t];
	return r && !r.includes(n) ? void 0 : st(e, t);
}
function G(e, t) {
	return e.replace(/\{(\w+)\}/g, (e, n) => String(t[n] ?? ""));
}
// node_modules/preact/jsx-runtime/dist/jsxRuntime.mjs
var lt = Symbol.for("pv"), ut = 0;
Array.isArray;
function K(t, n, r, i, a, o) {
	n ||= {};
	var s, c, l = n;
	if ("ref" in l && typeof t != "function") for (c in l = {}, n) c == "ref" ? s = n[c] : l[c] = n[c];
	var u = {
		type: t,
		props: l,
		key: r,
		ref: s,
		__k: null,
		__: null,
		__b: 0,
		__e: null,
		__c: null,
		constructor: lt,
		__v: --ut,
		__i: -1,
		__u: 0
	};
	return (a || o) && (u.__source = a, u.__self = o), e.vnode && e.vnode(u), u;
}
// src/parts/small.tsx
function q({ text: e, plain: t }) {
	return /* @__PURE__ */ K("bdi", {
		class: t ? "name" : "name cut-name",
		title: e,
		children: e
	});
}
function dt({ rows: e }) {
	return /* @__PURE__ */ K("dl", {
		class: "facts",
		children: e.map(([e, t]) => /* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: e }), /* @__PURE__ */ K("dd", { children: t })] }, e))
	});
}
function J(e) {
	let t = Ae();
	return /* @__PURE__ */ K("section", {
		class: e.class ?? "panel",
		"aria-labelledby": t,
		children: [
			/* @__PURE__ */ K("h2", {
				id: t,
				children: e.title
			}),
			e.note !== void 0 && /* @__PURE__ */ K("p", {
				class: "note",
				children: e.note
			}),
			e.children
		]
	});
}
function ft({ field: e, input: t }) {
	let [, n, r] = t, i = e ? Math.max(.07, Math.min(1, e.size[0] / n)) : 1, a = e ? Math.max(.07, Math.min(1, e.size[1] / r)) : 1;
	return /* @__PURE__ */ K("svg", {
		class: "glyph",
		viewBox: "0 0 30 30",
		"aria-hidden": "true",
		children: [/* @__PURE__ */ K("rect", {
			class: "frame",
			x: "1",
			y: "1",
			width: "28",
			height: "28"
		}), /* @__PURE__ */ K("rect", {
			class: "filled",
			x: 15 - 14 * a,
			y: 15 - 14 * i,
			width: 28 * a,
			height: 28 * i
		})]
	});
}
function Y({ title: e, children: t }) {
	return /* @__PURE__ */ K("div", {
		class: "problem",
		role: "alert",
		children: [
			/* @__PURE__ */ K("h1", { children: e }),
			/* @__PURE__ */ K("p", {
				class: "lead",
				children: t
			}),
			/* @__PURE__ */ K("p", { children: /* @__PURE__ */ K("a", {
				href: "#/",
				children: "All layers"
			}) })
		]
	});
}
function pt({ name: e }) {
	let { manifest: t } = U(), n = W("network");
	if (!n.value && !n.error) return /* @__PURE__ */ K(X, { what: "the network" });
	let r = n.value?.layers.some((t) => t.name === e);
	return /* @__PURE__ */ K(Y, {
		title: "No such layer",
		children: [
			r ? `The network has a layer “${e}”, and this atlas does not show it: build it again with --layers.` : `Layer “${e}” is not in this atlas.`,
			" It shows",
			" ",
			t.layers.slice(0, 12).map((e, t) => /* @__PURE__ */ K("span", { children: [t > 0 && ", ", /* @__PURE__ */ K("a", {
				href: B(e.name),
				children: e.name
			})] }, e.id)),
			t.layers.length > 12 && ", …"
		]
	});
}
var X = ({ what: e }) => /* @__PURE__ */ K("p", {
	class: "quiet loading",
	role: "status",
	children: [
		"Loading ",
		e,
		"…"
	]
});
function mt(e) {
	return /* @__PURE__ */ K("div", {
		class: "choice",
		role: "group",
		"aria-label": e.label,
		children: e.options.map(([t, n]) => /* @__PURE__ */ K("button", {
			type: "button",
			"aria-pressed": e.value === t,
			onClick: () => e.change(t),
			children: n
		}, t))
	});
}
var ht = [
	"1",
	"2",
	"4"
];
function gt() {
	let { root: e } = R(), [t, n] = P(We.get("boost") ?? "1"), r = (t) => {
		e.style.setProperty("--boost", t), We.set("boost", t), n(t);
	};
	return z({ e: () => r(ht[(ht.indexOf(t) + 1) % ht.length] ?? "1") }), /* @__PURE__ */ K("span", {
		class: "contrast",
		children: [/* @__PURE__ */ K("span", {
			"aria-hidden": "true",
			children: "Contrast"
		}), /* @__PURE__ */ K(mt, {
			label: "Contrast of projections",
			value: t,
			options: ht.map((e) => [e, `${e}×`]),
			change: r
		})]
	});
}
// src/parts/Header.tsx
function _t(e) {
	let t = e.page === "unit" ? et(e.rest) : null;
	return t ? [{
		words: t.layer,
		href: B(t.layer, { at: t.channel })
	}, {
		words: String(t.channel),
		href: null
	}] : e.page === "layer" ? [{
		words: e.rest,
		href: null
	}] : e.page === "images" ? [{
		words: "Images",
		href: null
	}] : e.page === "image" ? [{
		words: "Images",
		href: "#/images"
	}, {
		words: e.rest,
		href: null
	}] : e.page === "compare" ? [{
		words: "Compare",
		href: null
	}] : e.page === "experiments" ? [{
		words: "Experiments",
		href: null
	}] : e.page === "experiment" ? [{
		words: "Experiments",
		href: "#/e"
	}, {
		words: e.rest,
		href: null
	}] : [];
}
function vt({ route: e }) {
	let t = U(), { router: n, toast: r } = R(), [i, a] = P("");
	return /* @__PURE__ */ K("form", {
		class: "jump",
		onSubmit: (o) => {
			o.preventDefault();
			let s = i.trim(), c = e.page === "layer" ? e.rest : et(e.rest)?.layer, l = et(/^\d+$/.test(s) && c ? `${c}:${s}` : s), u = l && st(t, l.layer);
			if (l && u && l.channel < u.channels) n.go(V(l.layer, l.channel));
			else if (st(t, s)) n.go(B(s));
			else {
				r(`“${s}” is not in this atlas: write layer:unit`);
				return;
			}
			a(""), o.currentTarget.querySelector("input")?.blur();
		},
		children: [/* @__PURE__ */ K("input", {
			id: "jump",
			list: "jump-layers",
			value: i,
			onInput: (e) => a(e.currentTarget.value),
			"aria-label": "Go to a unit: layer:number",
			placeholder: "layer:unit",
			autocomplete: "off",
			spellcheck: !1
		}), /* @__PURE__ */ K("datalist", {
			id: "jump-layers",
			children: t.manifest.layers.map((e) => /* @__PURE__ */ K("option", { value: `${e.name}:` }, e.id))
		})]
	});
}
function yt({ route: e, help: t }) {
	let n = R(), r = _t(e), i = r.length > 1 ? r[0]?.href : r.length ? "#/" : null, a = e.page === "layer" || r.length > 1, o = W(U().store.host.kind === "file" ? null : "experiments"), s = [
		[
			"#/",
			"Layers",
			[
				"home",
				"layer",
				"unit"
			].includes(e.page)
		],
		[
			"#/images",
			"Images",
			e.page.startsWith("image")
		],
		[
			"#/compare",
			"Compare",
			e.page === "compare"
		]
	], c = document.querySelector("meta[name=\"convscope-bench\"]")?.content;
	return o.value?.length && s.push([
		"#/e",
		"Experiments",
		e.page.startsWith("experiment")
	]), /* @__PURE__ */ K("header", {
		class: "top",
		children: [
			/* @__PURE__ */ K("a", {
				class: "skip",
				href: "#main",
				onClick: (e) => {
					e.preventDefault(), n.root.querySelector("#main")?.focus();
				},
				children: "Skip to content"
			}),
			/* @__PURE__ */ K("a", {
				class: "brand",
				href: "#/",
				"aria-label": "convscope: home",
				id: i === "#/" && !a ? "up" : void 0,
				children: [/* @__PURE__ */ K("svg", {
					viewBox: "0 0 24 24",
					"aria-hidden": "true",
					children: [
						/* @__PURE__ */ K("rect", {
							x: "1.5",
							y: "1.5",
							width: "21",
							height: "21",
							rx: "3"
						}),
						/* @__PURE__ */ K("rect", {
							x: "6.5",
							y: "6.5",
							width: "11",
							height: "11",
							rx: "1.5"
						}),
						/* @__PURE__ */ K("circle", {
							cx: "12",
							cy: "12",
							r: "2"
						})
					]
				}), /* @__PURE__ */ K("span", { children: "convscope" })]
			}),
			/* @__PURE__ */ K("nav", {
				class: "sections",
				"aria-label": "Sections",
				children: [s.map(([e, t, n]) => /* @__PURE__ */ K("a", {
					href: e,
					"aria-current": n ? "true" : void 0,
					children: t
				}, e)), c && /* @__PURE__ */ K("a", {
					href: c,
					children: "Bench"
				})]
			}),
			/* @__PURE__ */ K(vt, { route: e }),
			/* @__PURE__ */ K("button", {
				class: "icon",
				type: "button",
				onClick: n.toggleTheme,
				"aria-label": "Light or dark",
				title: "Light or dark (d)",
				children: /* @__PURE__ */ K("svg", {
					viewBox: "0 0 24 24",
					"aria-hidden": "true",
					children: [/* @__PURE__ */ K("circle", {
						cx: "12",
						cy: "12",
						r: "8"
					}), /* @__PURE__ */ K("path", {
						d: "M12 4a8 8 0 0 1 0 16z",
						class: "shaded"
					})]
				})
			}),
			/* @__PURE__ */ K("button", {
				class: "icon",
				type: "button",
				onClick: t,
				"aria-label": "Keyboard",
				title: "Keyboard (?)",
				children: "?"
			}),
			a && /* @__PURE__ */ K("nav", {
				class: "trail",
				"aria-label": "Where you are",
				children: [(e.page === "layer" || e.page === "unit") && /* @__PURE__ */ K("a", {
					href: "#/",
					id: i === "#/" ? "up" : void 0,
					children: "Layers"
				}), r.map((e) => e.href ? /* @__PURE__ */ K("a", {
					href: e.href,
					id: e.href === i ? "up" : void 0,
					children: /* @__PURE__ */ K(q, { text: e.words })
				}, e.words) : /* @__PURE__ */ K("span", {
					"aria-current": "page",
					children: /* @__PURE__ */ K(q, { text: e.words })
				}, e.words))]
			})
		]
	});
}
// src/parts/KeyHelp.tsx
var bt = [
	["Anywhere", [
		["?", "this list"],
		["g", "go to layer:unit"],
		["/", "search or filter"],
		["x", "a unit at random"],
		["d", "light or dark"],
		["Esc", "close, or one level up"]
	]],
	["Layers and units", [
		["← → ↑ ↓", "move (also h j k l)"],
		["Shift + arrow", "five steps"],
		["Enter", "open"],
		["[ ]", "previous, next layer"],
		["p", "photos only"],
		["r", "projections only"],
		["b", "both"],
		["e", "contrast of projections"],
		["m", "mark the unit"]
	]],
	["A unit's examples", [
		["1 – 9", "open an example"],
		["f", "field alone, or in its image"],
		["o", "lay projection over photo"],
		["← →", "once open: previous, next"],
		["+ −", "zoom"],
		["c", "copy link"]
	]]
];
function xt(e) {
	let t = I(null);
	return F(() => {
		let e = (t.current?.getRootNode()).activeElement;
		return t.current?.querySelector("[data-first]")?.focus({ preventScroll: !0 }), () => e?.focus?.({ preventScroll: !0 });
	}, []), {
		ref: t,
		role: "dialog",
		"aria-modal": !0,
		onKeyDown: (e) => {
			if (e.key !== "Tab" || !t.current) return;
			let n = [...t.current.querySelectorAll("a[href],button:not(:disabled),input,select")], r = t.current.getRootNode(), i = n.indexOf(r.activeElement);
			n[e.shiftKey ? i <= 0 ? n.length - 1 : i - 1 : i === n.length - 1 ? 0 : i + 1]?.focus(), e.preventDefault();
		},
		onClick: (n) => n.target === t.current && e()
	};
}
function St({ close: e }) {
	return z({
		Escape: e,
		"?": e
	}, !0), /* @__PURE__ */ K("div", {
		class: "modal",
		"aria-label": "Keyboard",
		...xt(e),
		children: /* @__PURE__ */ K("div", {
			class: "sheet help",
			children: [
				/* @__PURE__ */ K("button", {
					class: "icon close",
					type: "button",
					onClick: e,
					"aria-label": "Close",
					"data-first": !0,
					children: "×"
				}),
				/* @__PURE__ */ K("h2", { children: "Keyboard" }),
				/* @__PURE__ */ K("div", {
					class: "columns",
					children: bt.map(([e, t]) => /* @__PURE__ */ K("section", { children: [/* @__PURE__ */ K("h3", { children: e }), /* @__PURE__ */ K("dl", { children: t.map(([e, t]) => /* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: /* @__PURE__ */ K("kbd", { children: e }) }), /* @__PURE__ */ K("dd", { children: t })] }, e)) })] }, e))
				})
			]
		})
	});
}
// src/words.ts
function Z(e) {
	if (e == null || Number.isNaN(e)) return "–";
	let t = Math.abs(e);
	return t === 0 ? "0" : t >= 1e5 || t < .001 ? e.toExponential(2) : String(Number(e.toPrecision(4)));
}
function Ct(e) {
	return /^-?\d+\.\d+$|e/i.test(e) && e.replace(/e.*|^[-0.]+|\./gi, "").length > 4 ? Z(Number(e)) : e;
}
function wt(e, t = "") {
	return Object.entries(e).flatMap(([e, n]) => n == null ? [[t + e, "–"]] : Array.isArray(n) && n.every((e) => typeof e != "object") ? [[t + e, n.join(", ") || "none"]] : typeof n == "object" && !Array.isArray(n) ? wt(n, `${t}${e}.`) : [[t + e, typeof n == "string" ? n : JSON.stringify(n)]]);
}
var Tt = (e) => e == null ? "–" : `${Z(100 * e)} %`, Q = (e, t, n = `${t}s`) => `${e.toLocaleString("en")} ${e === 1 ? t : n}`;
function Et(e) {
	return e.spatial ? `${e.channels} × ${e.height} × ${e.width}` : String(e.channels);
}
var Dt = (e) => e[0] === e[1] ? Z(e[0]) : `${Z(e[0])} × ${Z(e[1])}`;
function Ot({ field: e, gates: t, exact: n }) {
	let r = [t === "part" ? "of a gate" : t === "held" ? "gates held" : "", n === !1 ? "at most" : ""], i = e === null ? "whole image" : `${Dt(e.size)} px, stride ${Dt(e.stride)}`, a = r.filter(Boolean).join(", ");
	return a ? `${i} (${a})` : i;
}
var kt = .9, At = ({ control: e }) => (e?.median ?? 0) > kt, jt = (e) => e.replace("T", " ").replace("Z", " UTC"), Mt = (e) => e.slice(e.lastIndexOf("/") + 1) || e, Nt = class extends Error {}, Pt = (e, t, n) => G(e.manifest.paths.sprite, {
	layer: t.id,
	channel: n
}), Ft = 4, It = 16;
function Lt(e, t, n, r) {
	let i = Math.ceil(t / e), a = e * n + (e - 1) * Ft;
	return {
		cells: [0, 1].flatMap((i) => Array.from({ length: t }, (t, o) => ({
			rank: o,
			panel: i,
			x: i * (a + It) + o % e * (n + Ft),
			y: Math.floor(o / e) * (r + Ft)
		}))),
		width: 2 * a + It,
		height: i * (r + Ft) - Ft
	};
}
async function Rt(e) {
	let t = new Image();
	return t.src = e, await t.decode(), t;
}
async function zt(e, t, n) {
	let { store: r, manifest: i } = e;
	if (r.host.readable) return r.host.picture(Pt(e, t, n), e.name);
	if (!i.portable) throw new Nt();
	return r.load(`sprites/${t.id}/${n}`);
}
async function Bt(e, t, n) {
	let r = await Rt(await zt(e, t, n.channel)), { sprite: i, tile: a } = t, [o, s] = [i.width * a.enlarge, i.height * a.enlarge], c = Lt(i.columns, n.images.length, o, s), l = document.createElement("canvas");
	l.width = c.width, l.height = c.height;
	let u = l.getContext("2d");
	u.fillStyle = "#fff", u.fillRect(0, 0, c.width, c.height), u.imageSmoothingEnabled = !1;
	for (let { rank: e, panel: t, x: n, y: a } of c.cells) {
		let c = (t * i.columns + e % i.columns) * i.pitchX, l = Math.floor(e / i.columns) * i.pitchY;
		u.drawImage(r, c, l, i.width, i.height, n, a, o, s);
	}
	return l;
}
function Vt(e) {
	return new Promise((t, n) => {
		try {
			e.toBlob((e) => e ? t(e) : n(new Nt()), "image/png");
		} catch {
			n(new Nt());
		}
	});
}
var Ht = (e) => e.replace(/[&<>"']/g, (e) => `&#${e.charCodeAt(0)};`);
function Ut(e, t, n, r) {
	let { sprite: i, tile: a } = n, [o, s] = [i.width * a.enlarge, i.height * a.enlarge], c = Lt(i.columns, r.images.length, o, s).cells.filter((e) => e.panel === 0).map((e) => `<text x="${e.x + 4}" y="${e.y + s - 5}">${Ht(Z(r.values[e.rank]))}</text>`), l = Ht(`${n.name}:${r.channel}${r.name ? ` ${r.name}` : ""}`);
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${t.width}" height="${t.height + 24}" viewBox="0 -24 ${t.width} ${t.height + 24}">`,
		`<title>${l}</title>`,
		"<rect y=\"-24\" width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
		`<text y="-7" font-family="sans-serif" font-size="14">${l}</text>`,
		`<image href="${e}" width="${t.width}" height="${t.height}" style="image-rendering:pixelated"/>`,
		`<g font-family="sans-serif" font-size="11" fill="#fff" stroke="#000" stroke-width="2.5" paint-order="stroke">${c.join("")}</g>`,
		"</svg>"
	].join("\n");
}
function Wt(e, t, n, r) {
	let { model: i, data: a, options: o, versions: s, created: c } = e.manifest, l = Object.fromEntries(r.images.map((e) => [e, n.images[e]])), u = /* @__PURE__ */ new Set([...r.classes.map(([e]) => e), ...Object.values(l).map((e) => e?.label ?? -1)]), d = Object.fromEntries([...u].filter((e) => e >= 0).map((e) => [e, n.classes[e]])), { id: f, bytes: p, ...m } = t;
	return JSON.stringify({
		unit: `${t.name}:${r.channel}`,
		model: i,
		data: a,
		options: o,
		versions: s,
		created: c,
		layer: m,
		...r,
		imageInfo: l,
		classNames: d
	}, null, 1);
}
var Gt = (e, t) => `<iframe src="${Ht(e)}?embed=1" title="${Ht(t)}" width="100%" height="560" loading="lazy" style="border:0"></iframe>`;
function Kt(e, t, n, r) {
	let { model: i, data: a, versions: o, created: s } = e.manifest, c = (e) => e.replace(/[{}\\]/g, ""), l = `${a.count} images (${c(a.description)}; ${a.fingerprint.slice(0, 12)}), model ${i.fingerprint.slice(0, 12)}`;
	return [
		`@misc{convscope-${t.id}-${n},`,
		`  title = {Unit ${c(t.name)}:${n} of ${c(i.name)}},`,
		`  howpublished = {Atlas made with convscope ${o.convscope ?? ""}},`,
		`  year = {${s.slice(0, 4)}},`,
		`  note = {${l}},`,
		...r && !r.startsWith("file:") ? [`  url = {${r}},`] : [],
		"}"
	].join("\n");
}
// src/parts/Tile.tsx
var qt = 64;
function Jt({ path: e, grid: t, panel: n, cell: r, side: i, label: a, boost: o, from: s }) {
	let c = it(e, s), l = i / Math.max(t.width, t.height), u = (n * t.columns + r % t.columns) * t.pitchX, d = Math.floor(r / t.columns) * t.pitchY, f = a ? {
		role: "img",
		"aria-label": a
	} : { "aria-hidden": !0 };
	return /* @__PURE__ */ K("span", {
		class: `tile${l > 2 && (t.lossless || Math.max(t.width, t.height) <= qt) ? " sharp" : ""}${o ? " projection" : ""}`,
		style: {
			width: `${t.width * l}px`,
			height: `${t.height * l}px`,
			backgroundImage: c ? `url("${c}")` : "none",
			backgroundPosition: `${-u * l}px ${-d * l}px`,
			backgroundSize: `${t.panels * t.columns * t.pitchX * l}px ${t.rows * t.pitchY * l}px`
		},
		...f
	});
}
function $(e) {
	let t = U(), { layer: n, channel: r, kind: i, side: a, label: o, from: s = null } = e, c = n.sheet;
	return /* @__PURE__ */ K(Jt, {
		path: G((s ?? t).manifest.paths[i], {
			layer: n.id,
			sheet: Math.floor(r / c.units)
		}),
		grid: c,
		panel: 0,
		cell: r % c.units,
		side: a,
		boost: i === "projections",
		from: s,
		...o ? { label: o } : {}
	});
}
function Yt(e) {
	let t = U(), { layer: n, channel: r, kind: i, rank: a, side: o, dead: s, from: c = null } = e;
	return /* @__PURE__ */ K(Jt, {
		path: s ? null : G((c ?? t).manifest.paths.sprite, {
			layer: n.id,
			channel: r
		}),
		grid: n.sprite,
		panel: i === "photos" ? 0 : 1,
		cell: a,
		side: o,
		boost: i === "projections",
		from: c
	});
}
// src/parts/Channels.tsx
var Xt = (e, t, n) => e.bands && n ? t[0] : 0;
function Zt(e) {
	let { manifest: t } = U(), { layer: n, channel: r, band: i, rank: a, side: o, label: s } = e;
	if (!n.bands || !t.paths.bands) return null;
	let c = t.options.k, l = a === null ? t.model.input[0] * c + i - 1 : (i - 1) * c + a;
	return /* @__PURE__ */ K(Jt, {
		path: G(t.paths.bands, {
			layer: n.id,
			channel: r
		}),
		grid: n.bands,
		panel: 0,
		cell: l,
		side: o,
		boost: a === null,
		...s ? { label: s } : {}
	});
}
function Qt({ count: e, band: t, change: n }) {
	let { manifest: r } = U(), i = r.model.shown ?? [];
	return /* @__PURE__ */ K("label", {
		class: "choice-of-one",
		children: [
			"Bands",
			" ",
			/* @__PURE__ */ K("select", {
				value: String(t),
				onChange: (e) => n(Number(e.currentTarget.value)),
				children: [/* @__PURE__ */ K("option", {
					value: "0",
					children: i.join(", ")
				}), Array.from({ length: e }, (e, t) => /* @__PURE__ */ K("option", {
					value: String(t + 1),
					children: t + 1
				}, t))]
			})
		]
	});
}
function $t({ layer: e, unit: t, change: n }) {
	let { manifest: r } = U(), i = Xt(e, r.model.input, r.paths.bands), a = e.bands;
	if (!i || !a) return null;
	let o = Math.min(80, Math.max(a.height, a.width) * e.tile.enlarge);
	return /* @__PURE__ */ K(J, {
		title: "Channels",
		class: "panel wide channels-panel",
		note: "The strongest example channel by channel: the photo above, and below it what the unit takes from that channel, all on one scale. Elsewhere projections are the sum over channels.",
		children: /* @__PURE__ */ K("ol", {
			class: "channels",
			children: Array.from({ length: i }, (r, i) => /* @__PURE__ */ K("li", { children: /* @__PURE__ */ K("button", {
				type: "button",
				class: "plain-button",
				onClick: () => n(i + 1),
				"aria-label": `Show band ${i + 1}`,
				title: `Show band ${i + 1}`,
				children: [
					/* @__PURE__ */ K(Zt, {
						layer: e,
						channel: t.channel,
						band: i + 1,
						rank: 0,
						side: o
					}),
					/* @__PURE__ */ K(Zt, {
						layer: e,
						channel: t.channel,
						band: i + 1,
						rank: null,
						side: o
					}),
					/* @__PURE__ */ K("span", {
						class: "number",
						children: i + 1
					})
				]
			}) }, i))
		})
	});
}
// src/parts/WholeImage.tsx
function en(e, t) {
	let n = e.manifest.paths.image;
	return n === null ? null : G(n, {
		image: t,
		thousand: Math.floor(t / 1e3)
	});
}
function tn({ image: e, name: t, box: n, from: r = null, square: i }) {
	let a = U(), o = r ?? a, [, s, c] = o.manifest.model.input, l = it(en(o, e), r), [u, d] = P(null), f = l !== void 0 && l !== u, [p, m, h, g] = n ?? [
		0,
		0,
		s,
		c
	], _ = n ? Math.min(c / 2, Math.max(0, -p, -m, h - s, g - c)) : 0;
	return /* @__PURE__ */ K("svg", {
		class: "whole",
		viewBox: [
			-_,
			-_,
			c + 2 * _,
			s + 2 * _
		].join(" "),
		...i ? {
			"aria-hidden": !0,
			style: {
				width: `${i}px`,
				height: `${i}px`
			}
		} : {
			role: "img",
			"aria-label": `Whole image ${t}${n ? ", receptive field marked" : ""}`
		},
		children: [
			/* @__PURE__ */ K("rect", {
				class: "beyond",
				x: -_,
				y: -_,
				width: c + 2 * _,
				height: s + 2 * _
			}),
			f ? /* @__PURE__ */ K("image", {
				href: l,
				width: c,
				height: s,
				preserveAspectRatio: "none",
				onError: () => d(l)
			}) : /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K("rect", {
				class: "missing",
				width: c,
				height: s
			}), (l !== void 0 || o.manifest.paths.image === null) && /* @__PURE__ */ K("text", {
				x: c / 2,
				y: s / 2,
				"font-size": s / 14,
				"text-anchor": "middle",
				children: l === void 0 ? "whole images are not kept" : "image is missing"
			})] }),
			n && /* @__PURE__ */ K(b, { children: [
				/* @__PURE__ */ K("path", {
					class: "shade",
					"fill-rule": "evenodd",
					d: `M${-_} ${-_}h${c + 2 * _}v${s + 2 * _}h${-c - 2 * _}z M${m} ${p}h${g - m}v${h - p}h${m - g}z`
				}),
				/* @__PURE__ */ K("rect", {
					class: "field-halo",
					x: m,
					y: p,
					width: g - m,
					height: h - p
				}),
				/* @__PURE__ */ K("rect", {
					class: "field",
					x: m,
					y: p,
					width: g - m,
					height: h - p
				})
			] })
		]
	});
}
function nn({ image: e, box: t, label: n }) {
	let r = U(), [, i, a] = r.manifest.model.input, o = it(en(r, e)), [s, c, l, u] = t;
	return /* @__PURE__ */ K("svg", {
		class: l - s < 40 ? "cut sharp" : "cut",
		viewBox: `${c} ${s} ${u - c} ${l - s}`,
		role: "img",
		"aria-label": n,
		children: [/* @__PURE__ */ K("rect", {
			class: "beyond",
			x: c,
			y: s,
			width: u - c,
			height: l - s
		}), o && /* @__PURE__ */ K("image", {
			href: o,
			width: a,
			height: i,
			preserveAspectRatio: "none"
		})]
	});
}
// src/parts/Examples.tsx
var rn = (e, t) => {
	let n = e.images[t]?.label ?? -1;
	return n < 0 ? null : e.classes[n] ?? `class ${n}`;
}, an = (e, t) => e.images[t]?.name ?? `image ${t}`;
function on(e) {
	let { layer: t, shard: n, unit: r, view: i, show: a, whole: o, widen: s, band: c, choose: l, active: u, activate: d, open: f } = e, p = U(), m = Pt(p, t, r.channel), h = at(m), g = Xt(t, p.manifest.model.input, p.manifest.paths.bands), _ = i === "both" ? ["photos", "projections"] : [i];
	return /* @__PURE__ */ K("div", {
		class: "examples",
		children: [
			/* @__PURE__ */ K("div", {
				class: "examples-bar",
				children: [
					/* @__PURE__ */ K(mt, {
						label: "Show",
						value: i,
						options: [
							["photos", "Photos"],
							["projections", "Projections"],
							["both", "Both"]
						],
						change: a
					}),
					i !== "projections" && t.field !== null && p.manifest.paths.image !== null && /* @__PURE__ */ K(mt, {
						label: "Photos",
						value: o ? "whole" : "field",
						options: [["field", "Field"], ["whole", "In its image"]],
						change: (e) => e === "whole" !== o && s()
					}),
					i !== "projections" && !o && g > 0 && /* @__PURE__ */ K(Qt, {
						count: g,
						band: c,
						change: l
					}),
					i !== "photos" && /* @__PURE__ */ K(gt, {}),
					/* @__PURE__ */ K("span", {
						class: "hint",
						children: "Hover to see where; click or 1–9 to enlarge"
					})
				]
			}),
			/* @__PURE__ */ K("div", {
				class: `panels panels-${_.length}`,
				children: _.map((e) => /* @__PURE__ */ K(sn, {
					kind: e,
					whole: o && e === "photos",
					layer: t,
					shard: n,
					unit: r,
					band: c,
					active: u,
					activate: d,
					open: f
				}, e))
			}),
			h && /* @__PURE__ */ K("p", {
				class: "panel warning missing-picture",
				role: "alert",
				children: [
					"The picture file ",
					/* @__PURE__ */ K("code", { children: m }),
					" is missing from this copy of the atlas; its numbers are here."
				]
			}),
			/* @__PURE__ */ K(cn, {
				layer: t,
				shard: n,
				unit: r,
				rank: Math.min(u, r.images.length - 1)
			})
		]
	});
}
function sn({ kind: e, layer: t, shard: n, unit: r, whole: i, band: a, active: o, activate: s, open: c }) {
	let l = I(null), [u, d] = P(112), f = t.sprite.columns;
	F(() => {
		if (!l.current) return;
		let e = new ResizeObserver(([e]) => {
			let t = e?.contentRect.width ?? 0;
			t && d(Math.max(24, Math.min(168, Math.floor((t - (f - 1) * 4) / f))));
		});
		return e.observe(l.current), () => e.disconnect();
	}, [f]);
	let p = e === "photos" ? "Photo" : "Projection";
	return /* @__PURE__ */ K("figure", {
		class: "panel-9",
		children: [/* @__PURE__ */ K("figcaption", { children: e === "photos" ? "What excites it" : "What it takes from each" }), /* @__PURE__ */ K("div", {
			ref: l,
			class: "nine",
			style: { gridTemplateColumns: `repeat(${f}, ${u}px)` },
			role: "group",
			"aria-label": `${p}s`,
			children: r.images.map((l, d) => /* @__PURE__ */ K("button", {
				type: "button",
				class: d === o ? "cell active" : "cell",
				onMouseEnter: () => s(d),
				onFocus: () => s(d),
				onClick: () => c(d),
				"aria-label": `${p} ${d + 1}: activation ${Z(r.values[d])}, ${an(n, l)}${rn(n, l) ? `, ${rn(n, l)}` : ""}`,
				children: i ? /* @__PURE__ */ K(tn, {
					image: l,
					name: an(n, l),
					box: r.boxes[d] ?? null,
					square: u
				}) : e === "photos" && a > 0 && r.values[d] !== 0 ? /* @__PURE__ */ K(Zt, {
					layer: t,
					channel: r.channel,
					band: a,
					rank: d,
					side: u
				}) : /* @__PURE__ */ K(Yt, {
					layer: t,
					channel: r.channel,
					kind: e,
					rank: d,
					side: u,
					dead: r.values[d] === 0
				})
			}, d))
		})]
	});
}
function cn({ layer: e, shard: t, unit: n, rank: r }) {
	let i = n.images[r], a = an(t, i), o = rn(t, i);
	return /* @__PURE__ */ K("figure", {
		class: "looked",
		children: [
			/* @__PURE__ */ K("figcaption", { children: "Where it looks" }),
			/* @__PURE__ */ K(tn, {
				image: i,
				name: a,
				box: n.boxes[r] ?? null
			}),
			/* @__PURE__ */ K("dl", { children: [
				/* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: "Example" }), /* @__PURE__ */ K("dd", { children: [
					r + 1,
					" of ",
					n.images.length
				] })] }),
				/* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: "Activation" }), /* @__PURE__ */ K("dd", {
					class: "number",
					children: Z(n.values[r])
				})] }),
				o !== null && /* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: "Label" }), /* @__PURE__ */ K("dd", { children: /* @__PURE__ */ K(q, { text: o }) })] }),
				/* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: "Image" }), /* @__PURE__ */ K("dd", { children: /* @__PURE__ */ K("a", {
					href: H(i),
					children: /* @__PURE__ */ K(q, { text: a })
				}) })] }),
				e.spatial && /* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: "Place" }), /* @__PURE__ */ K("dd", {
					class: "number",
					children: [
						"row ",
						n.y[r],
						", column ",
						n.x[r]
					]
				})] })
			] })
		]
	});
}
// src/parts/Grid.tsx
var ln = (e) => e === document.documentElement ? window : e, un = 400;
function dn(e, t, n, r, i, a, o) {
	let s = o ?? Math.max(1, Math.floor((t + r) / (n.width + r))), c = Math.ceil(e / s), l = n.height + r, u = Math.max(0, Math.min(c, Math.floor((i - un) / l))), d = Math.max(u, Math.min(c, Math.ceil((a + un) / l)));
	return {
		columns: s,
		step: o ? n.width + r : Math.floor((t + r) / s),
		first: u * s,
		last: Math.min(e, d * s),
		height: Math.max(0, c * l - r)
	};
}
function fn(e, t, n) {
	let r = () => {
		let r = e.current?.getBoundingClientRect(), i = r?.width || 900, a = -(r?.top ?? 0);
		return dn(t.count, i, t.cell, n, a, a + window.innerHeight, t.columns);
	}, [i, a] = P(r), o = () => {
		let e = r();
		a((t) => t.columns === e.columns && t.step === e.step && t.first === e.first && t.last === e.last && t.height === e.height ? t : e);
	};
	De(o, [
		t.count,
		t.cell.width,
		t.cell.height,
		t.columns
	]);
	let s = I(o);
	return s.current = o, F(() => {
		let t = e.current;
		if (!t) return;
		let n = () => s.current(), r = new ResizeObserver(n);
		return r.observe(t), window.addEventListener("scroll", n, {
			capture: !0,
			passive: !0
		}), () => {
			r.disconnect(), window.removeEventListener("scroll", n, { capture: !0 });
		};
	}, []), i;
}
function pn(e) {
	let { count: t, cell: n, gap: r = 10, current: i, select: a, open: o } = e, s = R(), c = I(null), l = fn(c, e, r), u = I(!1), d = (e) => {
		t && (u.current = !0, a(Math.max(0, Math.min(t - 1, i < 0 ? 0 : i + e))));
	}, f = l.columns, p = [
		[["ArrowLeft", "h"], -1],
		[["ArrowRight", "l"], 1],
		[["ArrowUp", "k"], -f],
		[["ArrowDown", "j"], f],
		[["Shift+ArrowLeft", "H"], -5],
		[["Shift+ArrowRight", "L"], 5],
		[["Shift+ArrowUp", "K"], -5 * f],
		[["Shift+ArrowDown", "J"], 5 * f],
		[["Home"], -t],
		[["End"], t]
	], m = Object.fromEntries(p.flatMap(([e, t]) => e.map((e) => [e, () => d(t)])));
	z(e.keys === !1 ? {} : {
		...m,
		Enter: () => i >= 0 && o(i)
	}), De(() => {
		if (!u.current || i < 0 || !c.current) return;
		let e = c.current.querySelector(`[data-index="${i}"]`);
		if (e) u.current = !1, e.querySelector("a")?.focus({ preventScroll: !0 }), e.scrollIntoView({ block: "nearest" });
		else {
			let e = c.current.getBoundingClientRect().top + Math.floor(i / f) * (n.height + r);
			ln(s.root).scrollBy({
				top: e - window.innerHeight / 3,
				behavior: "instant"
			});
		}
	});
	let h = I(!1);
	F(() => {
		if (h.current || i < 0 || !c.current || !s.root.isConnected) return;
		h.current = !0;
		let e = c.current.getBoundingClientRect().top + Math.floor(i / f) * (n.height + r);
		e > window.innerHeight - n.height && ln(s.root).scrollBy({
			top: e - window.innerHeight / 3,
			behavior: "instant"
		});
	}, [i]);
	let g = I(/* @__PURE__ */ new Map()), _ = [], v = /* @__PURE__ */ new Map();
	for (let a = l.first; a < Math.min(l.last, t); a += 1) {
		let o = [
			e.render,
			e.keyOf(a),
			a === i,
			a === Math.max(0, i),
			t,
			f,
			l.step,
			n.width,
			n.height
		], s = g.current.get(a), c = s && s.place.every((e, t) => e === o[t]) ? s : {
			place: o,
			item: mn(e, a, l, r)
		};
		v.set(a, c), _.push(c.item);
	}
	return g.current = v, /* @__PURE__ */ K("ul", {
		class: "virtual",
		ref: c,
		"aria-label": e.label,
		style: { height: `${l.height}px` },
		children: _
	});
}
function mn({ count: e, cell: t, current: n, keyOf: r, render: i }, a, o, s) {
	return /* @__PURE__ */ K("li", {
		"data-index": a,
		"aria-setsize": e,
		"aria-posinset": a + 1,
		class: a === n ? "current" : "",
		style: {
			left: `${a % o.columns * o.step}px`,
			top: `${Math.floor(a / o.columns) * (t.height + s)}px`,
			width: `${t.width}px`,
			height: `${t.height}px`
		},
		children: i(a, a === Math.max(0, n))
	}, r(a));
}
// src/parts/Versus.tsx
function hn(e) {
	let t = W(`layers/${e.layer.id}/${Math.floor(e.channel / e.layer.shard.units)}`, e.atlas), n = t.value?.units.find((t) => t.channel === e.channel);
	return t.value && n ? {
		shard: t.value,
		unit: n
	} : null;
}
function gn({ left: e, right: t }) {
	let [n, r] = [hn(e), hn(t)], [i, a] = P(null);
	if (!n || !r) return /* @__PURE__ */ K(X, { what: "both units" });
	let o = (e) => e.unit.images.map((t) => an(e.shard, t)), s = o(n), c = o(r).filter((e) => s.includes(e)).length;
	return /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K("p", {
		class: "lead",
		children: [
			Q(c, "image"),
			" of ",
			s.length,
			" in common."
		]
	}), /* @__PURE__ */ K("div", {
		class: "versus-pair",
		children: [/* @__PURE__ */ K(_n, {
			side: e,
			found: n,
			image: i,
			look: a
		}), /* @__PURE__ */ K(_n, {
			side: t,
			found: r,
			image: i,
			look: a
		})]
	})] });
}
function _n({ side: e, found: t, image: n, look: r }) {
	let { layer: i, channel: a, atlas: o } = e, { unit: s, shard: c } = t, l = `${i.name}:${a}`;
	return /* @__PURE__ */ K("section", {
		class: "panel half",
		"aria-label": l,
		children: [
			/* @__PURE__ */ K("h2", { children: o.name ? /* @__PURE__ */ K(q, { text: `${l} in ${o.name}` }) : /* @__PURE__ */ K("a", {
				href: V(i.name, a),
				children: l
			}) }),
			/* @__PURE__ */ K("p", {
				class: "note",
				children: [
					"maximum ",
					Z(s.maximum),
					" · mean ",
					Z(s.mean),
					" · active ",
					Tt(s.active),
					" · ",
					Ot(i)
				]
			}),
			/* @__PURE__ */ K("div", {
				class: "panels panels-2",
				children: ["photos", "projections"].map((e) => /* @__PURE__ */ K("div", {
					class: "nine",
					style: { gridTemplateColumns: `repeat(${i.sprite.columns}, auto)` },
					role: "group",
					"aria-label": e,
					children: s.images.map((t, l) => {
						let u = an(c, t), d = rn(c, t);
						return /* @__PURE__ */ K("button", {
							type: "button",
							class: u === n ? "cell active" : "cell",
							onMouseEnter: () => r(u),
							onMouseLeave: () => r(null),
							onFocus: () => r(u),
							onBlur: () => r(null),
							"aria-label": `${e === "photos" ? "Photo" : "Projection"} ${l + 1}, ${u}`,
							title: `${Z(s.values[l])} · ${d ?? u}`,
							children: /* @__PURE__ */ K(Yt, {
								layer: i,
								channel: a,
								kind: e,
								rank: l,
								side: 80,
								dead: s.dead || s.values[l] === 0,
								from: o
							})
						}, l);
					})
				}, e))
			}),
			s.classes.length > 0 && /* @__PURE__ */ K("p", {
				class: "note",
				children: ["Top classes: ", s.classes.slice(0, 3).map(([e, t]) => `${c.classes[e] ?? e} (${Z(t)})`).join(", ")]
			})
		]
	});
}
function vn({ left: e, right: t, a: n, b: r }) {
	let [i, a] = P(-1), { router: o } = R(), s = (e) => o.go(Qe(`${n}:${e}`, `${r}:${Math.min(e, t.layer.channels - 1)}`, t.atlas.name));
	return /* @__PURE__ */ K("div", {
		class: "versus-pair",
		children: [/* @__PURE__ */ K(yn, {
			side: e,
			chosen: i,
			choose: a,
			open: s,
			keys: !0
		}), /* @__PURE__ */ K(yn, {
			side: t,
			chosen: i,
			choose: a,
			open: s,
			keys: !1
		})]
	});
}
function yn({ side: e, chosen: t, choose: n, open: r, keys: i }) {
	let { layer: a, atlas: o } = e, s = W(`layers/${a.id}`, o);
	return /* @__PURE__ */ K("section", {
		class: "panel half",
		"aria-label": a.name,
		children: [
			/* @__PURE__ */ K("h2", { children: o.name ? /* @__PURE__ */ K(q, { text: `${a.name} in ${o.name}` }) : /* @__PURE__ */ K("a", {
				href: B(a.name),
				children: a.name
			}) }),
			/* @__PURE__ */ K("p", {
				class: "note",
				children: [
					a.op,
					" · ",
					Et(a),
					" · ",
					Ot(a),
					" · ",
					Q(a.units.dead, "dead unit")
				]
			}),
			s.value && /* @__PURE__ */ K(pn, {
				count: a.channels,
				cell: {
					width: 132,
					height: 94
				},
				gap: 8,
				label: `Units of ${a.name}`,
				current: t < a.channels ? t : -1,
				select: n,
				open: r,
				keyOf: (e) => e,
				keys: i,
				render: (e) => /* @__PURE__ */ K("button", {
					type: "button",
					class: "unit",
					onFocus: () => n(e),
					onMouseEnter: () => n(e),
					onClick: () => r(e),
					children: [/* @__PURE__ */ K("span", {
						class: "pair",
						children: [/* @__PURE__ */ K($, {
							layer: a,
							channel: e,
							kind: "photos",
							side: 60,
							from: o
						}), /* @__PURE__ */ K($, {
							layer: a,
							channel: e,
							kind: "projections",
							side: 60,
							from: o
						})]
					}), /* @__PURE__ */ K("span", {
						class: "caption",
						children: [/* @__PURE__ */ K("b", { children: [/* @__PURE__ */ K("span", {
							class: "heard",
							children: "Unit "
						}), e] }), /* @__PURE__ */ K("span", { children: s.value.dead.includes(e) ? "dead" : Z(s.value.maximum[e]) })]
					})]
				})
			})
		]
	});
}
// src/pages/Compare.tsx
function bn(e) {
	let t = U(), [n, r] = P(null);
	return F(() => {
		if (!e) return;
		let n = !0;
		return ot(t.store.host, e).then((t) => n && r({
			name: e,
			atlas: t,
			error: null
		}), (t) => n && r({
			name: e,
			atlas: null,
			error: t.message
		})), () => {
			n = !1;
		};
	}, [e]), e ? n?.name === e ? {
		other: n.atlas,
		error: n.error
	} : {
		other: null,
		error: null
	} : {
		other: t,
		error: null
	};
}
function xn({ query: e }) {
	let t = U(), { router: n } = R(), r = e.get("a") ?? t.manifest.layers[0]?.name ?? "", i = e.get("with") ?? "", { other: a, error: o } = bn(i), s = e.get("b") || (i ? r : ""), c = W(t.store.host.kind === "file" ? null : "atlases"), l = (e) => n.replace(Qe(e.a ?? r, e.b ?? s, e.other ?? i));
	return /* @__PURE__ */ K(b, { children: [
		/* @__PURE__ */ K("h1", { children: "Compare" }),
		/* @__PURE__ */ K("form", {
			class: "bar compare-bar",
			onSubmit: (e) => e.preventDefault(),
			children: [
				/* @__PURE__ */ K(Sn, {
					label: "Left",
					value: r,
					atlas: t,
					change: (e) => l({ a: e })
				}),
				/* @__PURE__ */ K("span", {
					"aria-hidden": "true",
					children: "⇄"
				}),
				/* @__PURE__ */ K(Sn, {
					label: "Right",
					value: s,
					atlas: a ?? t,
					change: (e) => l({ b: e })
				}),
				(c.value?.length ?? 0) > 0 && /* @__PURE__ */ K("label", { children: ["Right side from", /* @__PURE__ */ K("select", {
					value: i,
					onChange: (e) => l({ other: e.currentTarget.value }),
					children: [/* @__PURE__ */ K("option", {
						value: "",
						children: "this atlas"
					}), c.value?.map((e) => /* @__PURE__ */ K("option", {
						value: e.name,
						children: [
							e.name,
							": ",
							e.model
						]
					}, e.name))]
				})] })
			]
		}),
		o ? /* @__PURE__ */ K(Y, {
			title: "The other atlas cannot be shown",
			children: o
		}) : a ? /* @__PURE__ */ K(Cn, {
			a: r,
			b: s,
			own: t,
			other: a
		}) : /* @__PURE__ */ K(X, { what: i })
	] });
}
function Sn({ label: e, value: t, atlas: n, change: r }) {
	let i = `compare-${e.toLowerCase()}`;
	return /* @__PURE__ */ K("label", { children: [
		e,
		/* @__PURE__ */ K("input", {
			id: i,
			list: `${i}-list`,
			value: t,
			placeholder: "layer or layer:unit",
			spellcheck: !1,
			autocomplete: "off",
			onChange: (e) => r(e.currentTarget.value.trim())
		}),
		/* @__PURE__ */ K("datalist", {
			id: `${i}-list`,
			children: n.manifest.layers.map((e) => /* @__PURE__ */ K("option", { value: e.name }, e.id))
		})
	] });
}
function Cn({ a: e, b: t, own: n, other: r }) {
	let i = (e, t) => {
		let n = st(t, e);
		if (n) return {
			layer: n,
			channel: null,
			atlas: t
		};
		let r = et(e), i = r ? st(t, r.layer) : void 0;
		return r && i && r.channel < i.channels ? {
			layer: i,
			channel: r.channel,
			atlas: t
		} : null;
	}, [a, o] = [i(e, n), i(t || e, r)];
	return !a || !o ? /* @__PURE__ */ K("p", {
		class: "empty",
		children: [
			"“",
			a ? o ? null : t : e,
			"” is not there. Write a layer, such as ",
			n.manifest.layers[0]?.name,
			", or a unit, such as ",
			n.manifest.layers[0]?.name,
			":0."
		]
	}) : a.channel !== null && o.channel !== null ? /* @__PURE__ */ K(gn, {
		left: {
			...a,
			channel: a.channel
		},
		right: {
			...o,
			channel: o.channel
		}
	}) : a.channel === null && o.channel === null ? /* @__PURE__ */ K(vn, {
		left: a,
		right: o,
		a: e,
		b: t || e
	}) : /* @__PURE__ */ K("p", {
		class: "empty",
		children: "One side is a layer and the other a unit: name two of a kind."
	});
}
// src/pages/Experiments.tsx
var wn = {
	occlusion: "Occlusion",
	invariance: "Invariance",
	correspondence: "Correspondence",
	causes: "Causes",
	effects: "Effects",
	mistakes: "Mistakes",
	evolution: "Evolution",
	diagnosis: "Diagnosis",
	sanity: "What projections are worth",
	ablation: "Ablation",
	transfer: "Transfer",
	check: "Check"
};
function Tn() {
	let e = W("experiments");
	return e.error ? /* @__PURE__ */ K(En, {}) : e.value ? e.value.length ? /* @__PURE__ */ K(b, { children: [
		/* @__PURE__ */ K("h1", { children: "Experiments" }),
		/* @__PURE__ */ K("p", {
			class: "lead",
			children: [
				"Results that other commands placed beside the units: ",
				Q(e.value.length, "experiment"),
				"."
			]
		}),
		/* @__PURE__ */ K("ul", {
			class: "experiments",
			children: e.value.map((e) => /* @__PURE__ */ K("li", { children: /* @__PURE__ */ K("a", {
				href: Ze(e.name),
				children: [
					/* @__PURE__ */ K(Dn, {
						experiment: e,
						file: e.figures[0] ?? null,
						small: !0
					}),
					/* @__PURE__ */ K("span", {
						class: "op",
						children: wn[e.kind] ?? e.kind
					}),
					/* @__PURE__ */ K("b", { children: /* @__PURE__ */ K("bdi", { children: e.title }) }),
					/* @__PURE__ */ K("span", {
						class: "quiet clamp",
						children: e.summary
					})
				]
			}) }, e.name))
		})
	] }) : /* @__PURE__ */ K(En, {}) : /* @__PURE__ */ K(X, { what: "experiments" });
}
var En = () => /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K("h1", { children: "Experiments" }), /* @__PURE__ */ K("p", {
	class: "empty",
	children: [
		"There are none yet. Commands such as ",
		/* @__PURE__ */ K("code", { children: "convscope occlude" }),
		" place their results here when they are told the atlas's folder."
	]
})] });
function Dn({ experiment: e, file: t, small: n }) {
	let r = it(t === null ? null : `experiments/${e.name}/${t}`), i = e.captions[e.figures.indexOf(t ?? "")] ?? "", [a, o] = P(!1);
	return r ? n ? /* @__PURE__ */ K("img", {
		src: r,
		alt: "",
		loading: "lazy"
	}) : /* @__PURE__ */ K("figure", {
		class: a ? "result wide" : "result",
		children: [/* @__PURE__ */ K("a", {
			href: r,
			target: "_blank",
			rel: "noreferrer",
			children: /* @__PURE__ */ K("img", {
				src: r,
				alt: i || `Figure ${t} of ${e.title}`,
				onLoad: ({ currentTarget: { naturalWidth: e, naturalHeight: t } }) => o(e > 2 * t)
			})
		}), i && /* @__PURE__ */ K("figcaption", { children: i })]
	}) : n ? /* @__PURE__ */ K(On, { experiment: e }) : null;
}
function On({ experiment: e }) {
	let t = e.shown;
	return /* @__PURE__ */ K("span", {
		class: "no-figure",
		"aria-hidden": "true",
		children: t && [t.columns, ...t.rows.slice(0, 3)].map((e, t) => /* @__PURE__ */ K("span", { children: e.slice(0, 4).map((e, t) => /* @__PURE__ */ K("bdi", { children: e }, t)) }, t))
	});
}
var kn = (e) => /[",\n]/.test(e) ? `"${e.replace(/"/g, "\"\"")}"` : e;
function An({ name: e }) {
	let { store: t } = U(), n = W("experiments");
	if (!n.value && !n.error) return /* @__PURE__ */ K(X, { what: e });
	let r = n.value?.find((t) => t.name === e);
	if (!r) return /* @__PURE__ */ K(Y, {
		title: "No such experiment",
		children: [
			"“",
			e,
			"” is not in this atlas."
		]
	});
	let i = r.shown, a = i !== null && i.rows.length === i.count;
	return /* @__PURE__ */ K(b, { children: [
		/* @__PURE__ */ K("div", {
			class: "page-head",
			children: /* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("h1", { children: /* @__PURE__ */ K("bdi", { children: r.title }) }), /* @__PURE__ */ K("p", {
				class: "lead",
				children: wn[r.kind] ?? r.kind
			})] })
		}),
		r.summary.split(/\n\s*\n/).map((e, t) => /* @__PURE__ */ K("p", {
			class: "prose",
			children: e
		}, t)),
		/* @__PURE__ */ K("div", {
			class: "findings",
			children: [r.figures.map((e) => /* @__PURE__ */ K(Dn, {
				experiment: r,
				file: e
			}, e)), i && /* @__PURE__ */ K(J, {
				class: "panel wide",
				title: "Table",
				note: a ? void 0 : `The first ${i.rows.length} of ${i.count} rows.`,
				children: [/* @__PURE__ */ K(Mn, {
					columns: i.columns,
					rows: i.rows
				}), /* @__PURE__ */ K("p", {
					class: "actions",
					children: a ? /* @__PURE__ */ K("button", {
						type: "button",
						onClick: () => {
							i && Ue(`${r.name}.csv`, [i.columns, ...i.rows].map((e) => `${e.map(kn).join(",")}\n`).join(""), "text/csv");
						},
						children: "Download CSV"
					}) : t.host.kind === "folder" && /* @__PURE__ */ K("a", {
						class: "button",
						href: `experiments/${encodeURIComponent(r.name)}/table.csv`,
						download: `${r.name}.csv`,
						children: "Download CSV"
					})
				})]
			})]
		}),
		/* @__PURE__ */ K(Nn, { experiment: r })
	] });
}
var jn = (e) => e.trim() !== "" && Number.isFinite(Number(e));
function Mn({ columns: e, rows: t }) {
	let n = e.map((e, n) => t.every((e) => jn(e[n] ?? "") || !e[n]));
	return /* @__PURE__ */ K("div", {
		class: "scroll",
		tabIndex: 0,
		role: "region",
		"aria-label": "Rows of the table",
		children: /* @__PURE__ */ K("table", { children: [/* @__PURE__ */ K("thead", { children: /* @__PURE__ */ K("tr", { children: e.map((e, t) => /* @__PURE__ */ K("th", {
			scope: "col",
			class: n[t] ? "number" : "",
			children: /* @__PURE__ */ K("bdi", { children: e })
		}, t)) }) }), /* @__PURE__ */ K("tbody", { children: t.map((e, t) => /* @__PURE__ */ K("tr", { children: e.map((e, t) => /* @__PURE__ */ K("td", {
			class: n[t] ? "number" : "",
			title: n[t] && Ct(e) !== e ? e : void 0,
			children: /* @__PURE__ */ K("bdi", { children: n[t] ? Ct(e) : e })
		}, t)) }, t)) })] })
	});
}
function Nn({ experiment: e }) {
	let t = e.units.flatMap((e) => et(e) ?? []), n = wt(e.settings);
	return /* @__PURE__ */ K("div", {
		class: "cards settings",
		children: [(t.length > 0 || e.images.length > 0) && /* @__PURE__ */ K(J, {
			title: "About",
			children: /* @__PURE__ */ K("p", {
				class: "chips",
				children: [t.map((e) => /* @__PURE__ */ K("a", {
					class: "chip",
					href: V(e.layer, e.channel),
					children: /* @__PURE__ */ K(q, { text: `${e.layer}:${e.channel}` })
				}, `${e.layer}:${e.channel}`)), e.images.map((e) => /* @__PURE__ */ K("a", {
					class: "chip",
					href: H(e),
					children: ["image ", e]
				}, e))]
			})
		}), n.length > 0 && /* @__PURE__ */ K(J, {
			title: "Settings",
			children: /* @__PURE__ */ K(dt, { rows: n })
		})]
	});
}
// src/parts/Caution.tsx
function Pn({ layers: e }) {
	let t = e.filter(At);
	return t.length ? /* @__PURE__ */ K("p", {
		class: "caution",
		children: [t.map((e, t) => /* @__PURE__ */ K("span", { children: [t > 0 && ", ", /* @__PURE__ */ K(q, { text: e.name })] }, e.id)), ": projections look much like a random signal's from the same place (median cosine above 0.9). They say where, hardly what."]
	}) : null;
}
// src/marks.ts
var Fn = 2e3;
function In(e) {
	let t;
	try {
		t = JSON.parse(e ?? "{}");
	} catch {
		return {};
	}
	return typeof t != "object" || !t || Array.isArray(t) ? {} : Object.fromEntries(Object.entries(t).filter((e) => typeof e[1] == "string").map(([e, t]) => [e, t.slice(0, Fn)]));
}
function Ln(e) {
	let t = `marks.${e?.model.fingerprint.slice(0, 16) ?? ""}`, n = /* @__PURE__ */ new Set(), r = In(We.get(t)), i = (e) => {
		r = e, We.set(t, JSON.stringify(e)), n.forEach((e) => e());
	};
	return {
		all: () => r,
		has: (e) => Object.hasOwn(r, e),
		toggle: (e) => {
			let { [e]: t, ...n } = r;
			return i(t === void 0 ? {
				...r,
				[e]: ""
			} : n), t === void 0;
		},
		write: (e, t) => i({
			...r,
			[e]: t.slice(0, Fn)
		}),
		merge: (e) => {
			let t = Object.entries(e).filter(([e, t]) => t.length > (r[e]?.length ?? -1));
			return t.length && i({
				...r,
				...Object.fromEntries(t)
			}), t.length;
		},
		subscribe: (e) => (n.add(e), () => n.delete(e))
	};
}
var Rn = j(Ln(null));
function zn() {
	let e = ke(Rn), [, t] = P(0);
	return F(() => e.subscribe(() => t((e) => e + 1)), [e]), e;
}
// src/parts/Marked.tsx
function Bn() {
	let e = U(), t = zn(), { toast: n } = R(), r = Object.entries(t.all());
	if (!r.length) return null;
	let i = () => Ue("notes.json", JSON.stringify({
		model: e.manifest.model.name,
		fingerprint: e.manifest.model.fingerprint,
		notes: t.all()
	}, null, 1)), a = async (r) => {
		let i = r.files?.[0];
		if (r.value = "", !i) return;
		let a = Vn(await i.text(), e.manifest.model.fingerprint);
		n(a === null ? "This file holds notes on another network" : `${Q(t.merge(a), "note")} taken in`);
	};
	return /* @__PURE__ */ K(J, {
		title: "Marked units",
		class: "panel marked",
		children: [/* @__PURE__ */ K("ul", {
			class: "tiles",
			children: r.map(([t, n]) => {
				let r = et(t), i = r && ct(e, r.layer, r.channel);
				return !r || !i || r.channel >= i.channels ? null : /* @__PURE__ */ K("li", { children: /* @__PURE__ */ K("a", {
					href: V(r.layer, r.channel),
					children: [
						/* @__PURE__ */ K("span", {
							class: "pair",
							children: [/* @__PURE__ */ K($, {
								layer: i,
								channel: r.channel,
								kind: "photos",
								side: 64
							}), /* @__PURE__ */ K($, {
								layer: i,
								channel: r.channel,
								kind: "projections",
								side: 64
							})]
						}),
						/* @__PURE__ */ K("span", {
							class: "caption",
							children: /* @__PURE__ */ K("b", { children: /* @__PURE__ */ K(q, { text: t }) })
						}),
						n && /* @__PURE__ */ K("small", {
							class: "clamp",
							children: n
						})
					]
				}) }, t);
			})
		}), /* @__PURE__ */ K("p", {
			class: "actions",
			children: [/* @__PURE__ */ K("button", {
				type: "button",
				onClick: i,
				children: "Save notes"
			}), /* @__PURE__ */ K("label", {
				class: "button",
				children: ["Take in notes…", /* @__PURE__ */ K("input", {
					class: "heard",
					type: "file",
					accept: "application/json,.json",
					onChange: (e) => void a(e.currentTarget)
				})]
			})]
		})]
	});
}
function Vn(e, t) {
	let n;
	try {
		n = JSON.parse(e);
	} catch {
		return {};
	}
	return typeof n != "object" || !n || !("notes" in n) ? {} : "fingerprint" in n && n.fingerprint !== t ? null : In(JSON.stringify(n.notes));
}
// src/pages/Home.tsx
function Hn(e, t) {
	if (!e) return t.map((e) => ({ shown: e }));
	let n = new Map(t.map((e) => [e.name, e])), r = [];
	for (let t of e.layers) {
		let e = n.get(t.name), i = r.at(-1);
		e ? r.push({ shown: e }) : i && "passed" in i ? i.passed.push(t) : r.push({ passed: [t] });
	}
	return r;
}
function Un() {
	let { manifest: e } = U(), { router: t } = R(), [n, r] = P(""), i = W("network"), a = L(() => Hn(i.value, e.layers), [i.value, e]), [o, s] = P(-1), c = e.layers.filter((e) => e.name.toLowerCase().includes(n.toLowerCase()) || e.op.includes(n.toLowerCase())), l = (e) => () => s((t) => Math.max(0, Math.min(c.length - 1, t + e))), u = () => {
		let e = c[Math.max(0, o)];
		e && t.go(B(e.name));
	};
	z({
		ArrowDown: l(1),
		j: l(1),
		ArrowUp: l(-1),
		k: l(-1),
		Enter: u
	});
	let d = e.layers.reduce((e, t) => e + t.units.dead, 0);
	return /* @__PURE__ */ K(b, { children: [
		/* @__PURE__ */ K("h1", { children: /* @__PURE__ */ K(q, {
			text: e.model.name,
			plain: !0
		}) }),
		/* @__PURE__ */ K("p", {
			class: "lead",
			children: [
				"What its ",
				Q(e.units, "unit"),
				" in ",
				Q(e.layers.length, "layer"),
				" respond to, in ",
				Q(e.data.count, "image"),
				d > 0 && `; ${Q(d, "unit")} never ${d === 1 ? "responds" : "respond"}`,
				"."
			]
		}),
		/* @__PURE__ */ K(qn, { manifest: e }),
		/* @__PURE__ */ K(Pn, { layers: e.layers }),
		/* @__PURE__ */ K("div", {
			class: "map-head",
			children: [/* @__PURE__ */ K("h2", { children: "Layers in execution order" }), /* @__PURE__ */ K("form", {
				onSubmit: (e) => {
					e.preventDefault(), u();
				},
				children: /* @__PURE__ */ K("input", {
					id: "search",
					type: "search",
					value: n,
					onInput: (e) => r(e.currentTarget.value),
					placeholder: "Search layers",
					"aria-label": "Search layers"
				})
			})]
		}),
		/* @__PURE__ */ K("ol", {
			class: "map",
			children: n === "" ? a.map((t, n) => "shown" in t ? /* @__PURE__ */ K(Wn, {
				layer: t.shown,
				current: e.layers.indexOf(t.shown) === o
			}, t.shown.id) : /* @__PURE__ */ K(Gn, { layers: t.passed }, `passed-${n}`)) : c.map((e, t) => /* @__PURE__ */ K(Wn, {
				layer: e,
				current: t === o
			}, e.id))
		}),
		n !== "" && /* @__PURE__ */ K(Kn, {
			network: i.value,
			sought: n,
			found: c.length
		}),
		/* @__PURE__ */ K(Bn, {}),
		/* @__PURE__ */ K(Xn, { manifest: e })
	] });
}
function Wn({ layer: e, current: t }) {
	let { manifest: n } = U(), r = e.preview, i = window.innerWidth < 600 ? 28 : 40, a = Math.min(r.columns, e.channels), o = G(n.paths.preview, { layer: e.id });
	return /* @__PURE__ */ K("li", {
		class: t ? "station current" : "station",
		children: /* @__PURE__ */ K("a", {
			href: B(e.name),
			children: [
				/* @__PURE__ */ K("span", {
					class: "station-name",
					children: [/* @__PURE__ */ K("b", { children: /* @__PURE__ */ K(q, { text: e.name }) }), /* @__PURE__ */ K("span", {
						class: "op",
						children: e.op
					})]
				}),
				/* @__PURE__ */ K("span", {
					class: "station-shape",
					children: [/* @__PURE__ */ K("span", {
						class: "number",
						children: Et(e)
					}), /* @__PURE__ */ K("small", { children: e.spatial ? "units × map" : "units" })]
				}),
				/* @__PURE__ */ K("span", {
					class: "station-field",
					children: [/* @__PURE__ */ K(ft, {
						field: e.field,
						input: n.model.input
					}), /* @__PURE__ */ K("span", { children: [e.field ? `${e.field.size[0]} px` : "all", /* @__PURE__ */ K("small", { children: e.field ? `stride ${e.field.stride[0]}` : "whole image" })] })]
				}),
				/* @__PURE__ */ K("span", {
					class: "station-told",
					children: [/* @__PURE__ */ K("span", {
						class: e.units.dead ? "station-dead some" : "station-dead",
						children: [e.units.dead, " dead"]
					}), e.control && /* @__PURE__ */ K("small", {
						class: At(e) ? "some" : "",
						title: "Median cosine of a unit's projection and a random signal's from the same place: 1 alike, 0 unrelated",
						children: ["like control ", e.control.median?.toFixed(2) ?? "–"]
					})]
				}),
				/* @__PURE__ */ K("span", {
					class: "strip",
					"aria-hidden": "true",
					children: [0, 1].map((e) => /* @__PURE__ */ K("span", { children: Array.from({ length: a }, (t, n) => /* @__PURE__ */ K(Jt, {
						path: o,
						grid: r,
						panel: 0,
						cell: e * r.columns + n,
						side: i,
						boost: e === 1
					}, n)) }, e))
				})
			]
		})
	});
}
function Gn({ layers: e }) {
	return /* @__PURE__ */ K("li", {
		class: "passed",
		children: /* @__PURE__ */ K("details", { children: [/* @__PURE__ */ K("summary", { children: [e.length === 1 ? e[0]?.name : `${e.length} layers`, ", not in this atlas"] }), /* @__PURE__ */ K("ul", { children: e.map((e) => /* @__PURE__ */ K("li", { children: [
			/* @__PURE__ */ K(q, { text: e.name }),
			" ",
			/* @__PURE__ */ K("span", {
				class: "op",
				children: e.op
			}),
			" ",
			/* @__PURE__ */ K("span", {
				class: "number",
				children: Et(e)
			}),
			" ",
			/* @__PURE__ */ K("span", { children: Ot(e) })
		] }, e.name)) })] })
	});
}
function Kn({ network: e, sought: t, found: n }) {
	let r = (e?.layers ?? []).filter((e) => !e.shown && e.name.toLowerCase().includes(t.toLowerCase()));
	return /* @__PURE__ */ K("p", {
		class: "quiet",
		role: "status",
		children: [n === 0 && "No layer of this atlas matches. ", r.length > 0 && `${Q(r.length, "layer")} of the network ${r.length === 1 ? "matches" : "match"} and ${r.length === 1 ? "is" : "are"} not in this atlas (${r.slice(0, 4).map((e) => e.name).join(", ")}${r.length > 4 ? ", …" : ""}): build it with --layers to see them.`]
	});
}
function qn({ manifest: e }) {
	let { count: t, shown: n } = e.failures;
	return t ? /* @__PURE__ */ K("details", {
		class: "panel warning",
		children: [/* @__PURE__ */ K("summary", { children: [
			Q(t, "image"),
			" could not be read and ",
			t === 1 ? "was" : "were",
			" left out"
		] }), /* @__PURE__ */ K("ul", { children: [n.map((e) => /* @__PURE__ */ K("li", { children: [
			/* @__PURE__ */ K(q, { text: e.name }),
			" ",
			/* @__PURE__ */ K("span", {
				class: "quiet",
				children: e.reason
			})
		] }, e.image)), t > n.length && /* @__PURE__ */ K("li", {
			class: "quiet",
			children: [
				"and ",
				t - n.length,
				" more, in atlas.sqlite"
			]
		})] })]
	}) : null;
}
var Jn = ({ value: e }) => /* @__PURE__ */ K("code", {
	class: "hash",
	title: e,
	children: [e.slice(0, 16), "…"]
}), Yn = (e, t) => t ? [[e, t]] : [];
function Xn({ manifest: e }) {
	let { model: t, data: n, options: r, versions: i, check: a } = e;
	return /* @__PURE__ */ K("div", {
		class: "cards",
		children: [
			/* @__PURE__ */ K(J, {
				title: "Model",
				children: /* @__PURE__ */ K(dt, { rows: [
					["Name", /* @__PURE__ */ K(q, {
						text: t.name,
						plain: !0
					}, "n")],
					["Input", `${t.input.join(" × ")}, ${t.dtype}`],
					["Preparation", t.preprocessText],
					["Output", /* @__PURE__ */ K(q, {
						text: t.output + (t.classes ? `, ${Q(t.classes, "class", "classes")}` : ""),
						plain: !0
					}, "o")],
					...Yn("Taken for", t.meaning),
					["SHA-256", /* @__PURE__ */ K(Jn, { value: t.fingerprint }, "h")]
				] })
			}),
			/* @__PURE__ */ K(J, {
				title: "Images",
				children: /* @__PURE__ */ K(dt, { rows: [
					["Collection", /* @__PURE__ */ K(q, {
						text: n.description,
						plain: !0
					}, "n")],
					["Count", Q(n.count, "image")],
					["Labels", n.classes ? Q(n.classes, "class", "classes") : "none"],
					["Left out", String(e.failures.count)],
					["SHA-256", /* @__PURE__ */ K(Jn, { value: n.fingerprint }, "h")]
				] })
			}),
			/* @__PURE__ */ K(J, {
				title: "How it was made",
				children: /* @__PURE__ */ K(dt, { rows: [
					["When", jt(e.created)],
					["Shown", `${r.k} strongest responses a unit, one an image`],
					["Projection", `${r.rule}; smooth activations: ${r.smooth}; colliding switches: ${r.overlap}; LRN: ${r.lrn}${r.gates ? `; gates: ${r.gates}` : ""}`],
					["Seed", r.seed === null ? "not needed" : String(r.seed)],
					...Yn("Check", a?.sentence),
					["Versions", Object.entries(i).map(([e, t]) => `${e} ${t}`).join(", ")]
				] })
			})
		]
	});
}
// src/pages/Image.tsx
function Zn(e, t, n, r) {
	let i = e.field;
	if (!i) return [
		0,
		0,
		r[1],
		r[2]
	];
	let a = Math.round(t * i.stride[0] + i.offset[0]), o = Math.round(n * i.stride[1] + i.offset[1]);
	return [
		a,
		o,
		a + i.size[0],
		o + i.size[1]
	];
}
function Qn(e, t, n) {
	if (!e.starts) return Math.floor(e.images.indexOf(t) / n);
	let r = -1;
	for (let n of e.starts) {
		if (n > t) break;
		r += 1;
	}
	return r;
}
function $n({ number: e }) {
	let { manifest: t, store: n } = U(), r = Number.isInteger(e) && e >= 0, i = W(r ? "images/index" : null), a = W(r && t.extras ? "profiles/index" : null), o = a.value && t.extras ? Qn(a.value, e, t.extras.profileShard) : -1, s = W(o >= 0 ? `profiles/${o}` : null), c = i.value?.shards.find((n) => n === Math.floor(e / t.images.shard)), l = W(c === void 0 ? null : `images/${c}`), u = W(n.host.kind === "file" ? null : "experiments");
	if (!r) return /* @__PURE__ */ K(Y, {
		title: "No such image",
		children: "Images have numbers from 0."
	});
	if (i.error) return /* @__PURE__ */ K(Y, {
		title: "Data is missing",
		children: i.error.message
	});
	if (!i.value || t.extras && !a.value && !a.error || o >= 0 && !s.value && !s.error || c !== void 0 && !l.value && !l.error) return /* @__PURE__ */ K(X, { what: `image ${e}` });
	let d = l.value?.images[e], f = s.value?.images[e], p = f ?? d;
	if (!p) return /* @__PURE__ */ K(Y, {
		title: "Not in this atlas",
		children: e < t.data.count ? `Image ${e} is shown nowhere in this atlas, which looked at ${Q(a.value?.count ?? 0, "image")} of ${t.data.count} one by one.` : `The collection has images 0 to ${t.data.count - 1}.`
	});
	let m = p.label < 0 ? null : (s.value ?? l.value)?.classes[p.label] ?? `class ${p.label}`, h = (u.value ?? []).filter((t) => t.images.includes(e));
	return /* @__PURE__ */ K(er, {
		number: e,
		name: p.name,
		label: m,
		strong: f?.layers ?? null,
		wins: d?.wins ?? [],
		images: a.value?.images ?? [],
		about: h
	});
}
function er({ number: e, name: t, label: n, strong: r, wins: i, images: a, about: o }) {
	let { manifest: s } = U(), { router: c } = R(), [l, u] = P(null), d = a.indexOf(e), [f, p] = d < 0 ? [] : [a[d - 1], a[d + 1]], m = (e) => () => e === void 0 ? void 0 : c.step(H(e));
	return z({
		ArrowLeft: m(f),
		h: m(f),
		ArrowRight: m(p),
		l: m(p)
	}), /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K("div", {
		class: "page-head",
		children: [/* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("h1", { children: /* @__PURE__ */ K(q, { text: Mt(t) }) }), /* @__PURE__ */ K("p", {
			class: "lead",
			children: [
				"image ",
				e,
				n !== null && /* @__PURE__ */ K(b, { children: [" · ", /* @__PURE__ */ K(q, { text: n })] }),
				" · ",
				"among the strongest of ",
				Q(i.length, "unit")
			]
		})] }), /* @__PURE__ */ K("div", {
			class: "steps",
			children: [f !== void 0 && /* @__PURE__ */ K("a", {
				href: H(f),
				"aria-label": `Previous image, ${f}`,
				title: "Previous image (←)",
				children: "←"
			}), p !== void 0 && /* @__PURE__ */ K("a", {
				href: H(p),
				"aria-label": `Next image, ${p}`,
				title: "Next image (→)",
				children: "→"
			})]
		})]
	}), /* @__PURE__ */ K("div", {
		class: "image-page",
		children: [/* @__PURE__ */ K("figure", {
			class: "looked sticky",
			children: [
				/* @__PURE__ */ K(tn, {
					image: e,
					name: t,
					box: l?.box ?? null
				}),
				/* @__PURE__ */ K("figcaption", { children: l ? l.words : "Hover a unit to see where it responds" }),
				/* @__PURE__ */ K("p", {
					class: "quiet path",
					children: /* @__PURE__ */ K(q, {
						text: t,
						plain: !0
					})
				}),
				o.map((e) => /* @__PURE__ */ K("p", { children: /* @__PURE__ */ K("a", {
					href: Ze(e.name),
					children: e.title
				}) }, e.name))
			]
		}), /* @__PURE__ */ K("div", { children: s.layers.map((e, t) => {
			let n = r?.[t] ?? [], a = i.filter((e) => e[0] === t);
			return !n.length && !a.length ? null : /* @__PURE__ */ K(J, {
				title: e.name,
				note: a.length ? `among the ${s.options.k} strongest of ${Q(a.length, "unit")}` : void 0,
				children: [n.length > 0 ? /* @__PURE__ */ K(tr, {
					layer: e,
					rows: n,
					mark: u
				}) : /* @__PURE__ */ K(rr, {
					layer: e,
					wins: a
				}), n.length > 0 && a.length > 0 && /* @__PURE__ */ K("details", { children: [/* @__PURE__ */ K("summary", { children: "Units it is among the strongest of" }), /* @__PURE__ */ K(rr, {
					layer: e,
					wins: a
				})] })]
			}, e.id);
		}) })]
	})] });
}
function tr({ layer: e, rows: t, mark: n }) {
	let { manifest: r } = U();
	return /* @__PURE__ */ K("ul", {
		class: "tiles",
		children: t.map(([t, i, a, o, s]) => {
			let c = () => n({
				box: Zn(e, o, s, r.model.input),
				words: `${e.name}:${t}, response ${Z(i)}`
			});
			return /* @__PURE__ */ K("li", {
				onMouseEnter: c,
				onMouseLeave: () => n(null),
				children: /* @__PURE__ */ K("a", {
					href: V(e.name, t),
					onFocus: c,
					onBlur: () => n(null),
					children: [/* @__PURE__ */ K("span", {
						class: "pair",
						children: [/* @__PURE__ */ K($, {
							layer: e,
							channel: t,
							kind: "photos",
							side: 56
						}), /* @__PURE__ */ K($, {
							layer: e,
							channel: t,
							kind: "projections",
							side: 56
						})]
					}), /* @__PURE__ */ K("span", {
						class: "caption",
						children: [/* @__PURE__ */ K("b", { children: [/* @__PURE__ */ K("span", {
							class: "heard",
							children: "Unit "
						}), t] }), /* @__PURE__ */ K("span", {
							title: "response, and its share of the unit's maximum",
							children: [
								Z(i),
								" · ",
								Math.round(100 * a),
								" %"
							]
						})]
					})]
				})
			}, t);
		})
	});
}
var nr = 24;
function rr({ layer: e, wins: t }) {
	let [n, r] = P(!1), i = n ? t : t.slice(0, nr);
	return /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K("ul", {
		class: "tiles",
		children: i.map(([, t, n]) => /* @__PURE__ */ K("li", { children: /* @__PURE__ */ K("a", {
			href: V(e.name, t),
			children: [/* @__PURE__ */ K($, {
				layer: e,
				channel: t,
				kind: "photos",
				side: 48
			}), /* @__PURE__ */ K("span", {
				class: "caption",
				children: [/* @__PURE__ */ K("b", { children: [/* @__PURE__ */ K("span", {
					class: "heard",
					children: "Unit "
				}), t] }), /* @__PURE__ */ K("span", { children: ["no. ", n + 1] })]
			})]
		}) }, t))
	}), t.length > i.length && /* @__PURE__ */ K("button", {
		type: "button",
		onClick: () => r(!0),
		children: ["Show all ", t.length]
	})] });
}
// src/pages/Images.tsx
function ir() {
	let { manifest: e, store: t } = U(), n = W(e.extras ? "profiles/index" : null), r = W(e.extras ? null : "images/index"), [i, a] = P(null);
	F(() => {
		if (!r.value) return;
		let e = !0;
		return Promise.all(r.value.shards.map((e) => t.load(`images/${e}`))).then((t) => {
			e && a(t.flatMap((e) => Object.entries(e.images).map(([t, n]) => ({
				number: Number(t),
				name: n.name,
				label: n.label < 0 ? null : e.classes[n.label] ?? null
			}))));
		}), () => {
			e = !1;
		};
	}, [r.value]);
	let o = n.value;
	return o ? {
		images: o.images.map((e, t) => ({
			number: e,
			name: o.names[t] ?? "",
			label: (o.labels[t] ?? -1) < 0 ? null : o.classes[o.labels[t]] ?? null
		})),
		error: null
	} : {
		images: i,
		error: n.error ?? r.error
	};
}
function ar({ query: e }) {
	let { manifest: t } = U(), { router: n } = R(), { images: r, error: i } = ir(), [a, o] = P(-1), s = (e.get("q") ?? "").toLowerCase();
	if (i) return /* @__PURE__ */ K(Y, {
		title: "Data is missing",
		children: i.message
	});
	if (!r) return /* @__PURE__ */ K(X, { what: "images" });
	let c = r.filter((e) => e.name.toLowerCase().includes(s) || (e.label ?? "").toLowerCase().includes(s));
	return /* @__PURE__ */ K(b, { children: [
		/* @__PURE__ */ K("h1", { children: "Images" }),
		/* @__PURE__ */ K("p", {
			class: "lead",
			children: [
				Q(r.length, "image"),
				" of ",
				t.data.count,
				", each with the units that respond to it most",
				r.length < t.data.count && ", evenly spread over the collection; every other image that a unit is strongest on has its page too",
				"."
			]
		}),
		/* @__PURE__ */ K("div", {
			class: "bar",
			children: [/* @__PURE__ */ K("input", {
				id: "search",
				class: "find",
				type: "search",
				value: e.get("q") ?? "",
				onInput: (e) => n.replace(Xe("#/images", { q: e.currentTarget.value })),
				placeholder: "Find name or label",
				"aria-label": "Find images"
			}), /* @__PURE__ */ K("output", {
				class: "count",
				"aria-live": "polite",
				children: [
					c.length,
					" of ",
					r.length
				]
			})]
		}),
		c.length === 0 ? /* @__PURE__ */ K("p", {
			class: "empty",
			children: ["No image listed has this in its name or label.", /^\d+$/.test(s) && /* @__PURE__ */ K(b, { children: [" ", /* @__PURE__ */ K("a", {
				href: H(Number(s)),
				children: ["Open image ", Number(s)]
			})] })]
		}) : /* @__PURE__ */ K(pn, {
			count: c.length,
			cell: {
				width: 132,
				height: 168
			},
			label: "Images",
			current: a,
			select: o,
			open: (e) => n.go(H(c[e]?.number ?? 0)),
			keyOf: (e) => c[e]?.number ?? e,
			render: (e, t) => /* @__PURE__ */ K(or, {
				image: c[e],
				first: t
			})
		})
	] });
}
function or({ image: e, first: t }) {
	let n = it(en(U(), e.number));
	return /* @__PURE__ */ K("a", {
		class: "unit thumb",
		href: H(e.number),
		tabIndex: t ? 0 : -1,
		children: [
			n ? /* @__PURE__ */ K("img", {
				src: n,
				alt: "",
				width: 120,
				height: 120
			}) : /* @__PURE__ */ K("span", { class: "tile none" }),
			/* @__PURE__ */ K("span", {
				class: "caption",
				children: /* @__PURE__ */ K("b", { children: /* @__PURE__ */ K(q, { text: e.label ?? Mt(e.name) }) })
			}),
			e.label !== null && /* @__PURE__ */ K("small", { children: /* @__PURE__ */ K(q, { text: Mt(e.name) }) })
		]
	});
}
// src/alike.ts
function sr(e) {
	let t = atob(e.codes);
	return Int8Array.from({ length: t.length - t.length % e.rank }, (e, n) => t.charCodeAt(n));
}
function cr(e, t, n = []) {
	let { rank: r } = e, i = sr(e), a = i.length / r, o = i.subarray(t * r, (t + 1) * r), s = new Set(n.map(([e]) => e)), c = n.at(-1)?.[1] ?? 1, l = [...n];
	if (!o.some((e) => e !== 0)) return [];
	for (let n = 0; n < a; n += 1) {
		let a = 0, u = !1;
		for (let e = 0; e < r; e += 1) {
			let t = i[n * r + e];
			a += t * o[e], u ||= t !== 0;
		}
		u && n !== t && !s.has(n) && l.push([n, Math.max(-1, Math.min(c, a * e.scale ** 2))]);
	}
	return l;
}
var lr = 32;
function ur(e, t) {
	let n = sr(e), r = Math.min(lr, e.rank), i = t.filter((t) => n.subarray(t * e.rank, (t + 1) * e.rank).some((e) => e !== 0)), a = new Float32Array(i.length * r);
	return i.forEach((t, i) => a.set(n.subarray(t * e.rank, t * e.rank + r), i * r)), {
		vectors: {
			rank: r,
			values: a
		},
		units: i
	};
}
var dr = (e) => `correlation of strongest responses in ${e.images} images${e.error >= .005 ? `, ± ${e.error.toFixed(2)} beyond the nearest` : ""}`, fr = [
	["index", "index"],
	["maximum", "maximum"],
	["mean", "mean"],
	["active", "fraction active"],
	["selectivity", "class selectivity"],
	["control", "likeness to control"],
	["similar", "similarity to a unit"],
	["map", "likeness, as a map"]
], pr = (e, t, n) => t.find((t) => t === e) ?? n, mr = (e) => {
	if (e === null || e.trim() === "") return null;
	let t = Number(e);
	return Number.isFinite(t) ? t : null;
};
function hr(e) {
	let t = pr(e.get("sort"), fr.map(([e]) => e), "index");
	return {
		view: pr(e.get("view"), [
			"photos",
			"projections",
			"both"
		], "both"),
		sort: t,
		ascending: e.has("up") ? e.get("up") === "1" : t === "index",
		alive: pr(e.get("alive"), [
			"all",
			"alive",
			"dead"
		], "all"),
		class: mr(e.get("class")),
		low: mr(e.get("low")),
		high: mr(e.get("high")),
		near: mr(e.get("near")),
		text: e.get("q") ?? "",
		marked: e.get("marked") === "1"
	};
}
function gr(e) {
	return {
		view: e.view === "both" ? null : e.view,
		sort: e.sort === "index" ? null : e.sort,
		up: e.ascending === (e.sort === "index") ? null : +!!e.ascending,
		alive: e.alive === "all" ? null : e.alive,
		class: e.class,
		low: e.low,
		high: e.high,
		near: e.near,
		q: e.text,
		marked: e.marked ? 1 : null
	};
}
function _r(e, t, n) {
	let r = new Set(t.dead), { low: i, high: a, class: o } = e, s = e.text.toLowerCase();
	return {
		alive: (t) => e.alive === "all" || r.has(t) === (e.alive === "dead"),
		class: (e) => o === null || t.topClass?.[e] === o,
		range: (e) => {
			let n = t.maximum[e] ?? null;
			return i === null && a === null || n !== null && (i === null || n >= i) && (a === null || n <= a);
		},
		marked: (t) => !e.marked || n.has(t),
		text: (e) => !s || String(e).startsWith(s) || (t.names?.[e] ?? "").toLowerCase().includes(s)
	};
}
function vr(e, t, n, { nearest: r = [], controls: i, only: a, marked: o = /* @__PURE__ */ new Set() } = {}) {
	let s = _r(n, t, o), c = new Set(t.dead), l = {
		all: 0,
		alive: {
			all: 0,
			alive: 0,
			dead: 0
		},
		classes: /* @__PURE__ */ new Map(),
		marked: 0,
		maxima: []
	}, u = [];
	for (let n of a ?? Array.from({ length: e.channels }, (e, t) => t)) {
		l.all += 1;
		let [e, r, i, a, d] = [
			s.alive(n),
			s.class(n),
			s.range(n),
			s.text(n),
			s.marked(n)
		];
		r && i && a && d && (l.alive.all += 1, l.alive[c.has(n) ? "dead" : "alive"] += 1);
		let f = t.topClass?.[n];
		e && i && a && d && f !== void 0 && f >= 0 && l.classes.set(f, (l.classes.get(f) ?? 0) + 1), e && r && i && a && o.has(n) && (l.marked += 1);
		let p = t.maximum[n];
		e && r && a && d && typeof p == "number" && l.maxima.push(p), e && r && i && a && d && u.push(n);
	}
	return {
		units: yr(u, t, n, r, i),
		counts: l
	};
}
function yr(e, t, n, r, i) {
	let a = n.ascending ? 1 : -1;
	if (n.sort === "index") return n.ascending ? e : e.reverse();
	let o = new Map(r);
	if (n.near !== null && o.set(n.near, Infinity), n.sort === "map") return e;
	let s = n.sort === "similar" ? null : n.sort === "control" ? i : t[n.sort], c = (e) => s ? s[e] ?? null : n.sort === "similar" ? o.get(e) ?? null : null;
	return e.sort((e, t) => {
		let [n, r] = [c(e), c(t)];
		return n === null || r === null ? n === r ? e - t : n === null ? 1 : -1 : n === r ? e - t : a * (n < r ? -1 : 1);
	});
}
// src/parts/Spread.tsx
var br = 28, [xr, Sr] = [140, 26];
function Cr(e, t, n, r) {
	return n > t ? Math.max(0, Math.min(r - 1, Math.floor((e - t) / (n - t) * r))) : null;
}
function wr({ values: e, least: t, most: n, low: r, high: i, change: a }) {
	let o = I(null);
	if (!(n > t)) return null;
	let s = Array(br).fill(0);
	for (let r of e) {
		let e = Cr(r, t, n, br);
		e !== null && (s[e] = (s[e] ?? 0) + 1);
	}
	let c = Math.max(...s, 1), l = (e) => t + (n - t) * e / br, u = (e) => {
		let t = e.currentTarget.getBoundingClientRect();
		return Math.max(0, Math.min(27, Math.floor((e.clientX - t.left) / t.width * br)));
	}, d = (e) => {
		if (o.current === null) return;
		let t = u(e), [n, r] = [Math.min(o.current, t), Math.max(o.current, t)];
		a(n === 0 ? null : Number(l(n).toPrecision(4)), r === 27 ? null : Number(l(r + 1).toPrecision(4)));
	}, f = (e) => (r === null || l(e + 1) > r) && (i === null || l(e) < i);
	return /* @__PURE__ */ K("svg", {
		class: "spread",
		viewBox: `0 0 ${xr} ${Sr}`,
		width: xr,
		height: Sr,
		"aria-hidden": "true",
		onPointerDown: (e) => {
			e.currentTarget.setPointerCapture(e.pointerId), o.current = u(e), d(e);
		},
		onPointerMove: d,
		onPointerUp: () => {
			o.current = null;
		},
		children: [
			/* @__PURE__ */ K("title", { children: "Drag to choose a range" }),
			/* @__PURE__ */ K("rect", {
				class: "ground",
				width: xr,
				height: Sr
			}),
			s.map((e, t) => {
				let n = e ? Math.max(1.5, (Sr - 2) * Math.sqrt(e / c)) : 0;
				return /* @__PURE__ */ K("rect", {
					class: f(t) ? "bar" : "bar out",
					x: t * xr / br + .5,
					y: Sr - n,
					width: xr / br - 1,
					height: n,
					children: /* @__PURE__ */ K("title", { children: `${Z(l(t))} to ${Z(l(t + 1))}: ${e}` })
				}, t);
			})
		]
	});
}
// src/parts/LayerBar.tsx
var Tr = (e) => e.trim() === "" || !Number.isFinite(Number(e)) ? null : Number(e);
function Er({ layer: e, data: t, view: n, counts: r, shown: i, measure: a, change: o }) {
	let { manifest: s } = U(), c = fr.filter(([e]) => (e !== "selectivity" || t.selectivity) && (e !== "map" || s.extras?.alike) && (e !== "control" || s.paths.likeness)), l = [...r.classes].sort((e, t) => t[1] - e[1]), u = t.maximum.filter((e) => e !== null), [d, f] = [u.reduce((e, t) => Math.min(e, t), Infinity), u.reduce((e, t) => Math.max(e, t), -Infinity)];
	return /* @__PURE__ */ K("div", {
		class: "bar",
		role: "group",
		"aria-label": "Order and filters",
		children: [
			/* @__PURE__ */ K(mt, {
				label: "Show",
				value: n.view,
				options: [
					["photos", "Photos"],
					["projections", "Projections"],
					["both", "Both"]
				],
				change: (e) => o({ view: e })
			}),
			n.view !== "photos" && /* @__PURE__ */ K(gt, {}),
			/* @__PURE__ */ K("label", { children: ["Sort", /* @__PURE__ */ K("select", {
				value: n.sort,
				onChange: (e) => o({
					sort: e.currentTarget.value,
					ascending: e.currentTarget.value === "index",
					near: e.currentTarget.value === "similar" ? n.near ?? 0 : n.near
				}),
				children: c.map(([e, t]) => /* @__PURE__ */ K("option", {
					value: e,
					children: t
				}, e))
			})] }),
			n.sort === "map" ? a && /* @__PURE__ */ K("span", {
				class: "quiet measure",
				children: ["by ", a]
			}) : n.sort === "similar" ? /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K("label", { children: ["Unit", /* @__PURE__ */ K("input", {
				class: "few",
				type: "number",
				min: 0,
				max: e.channels - 1,
				value: n.near ?? 0,
				onInput: (e) => o({ near: Tr(e.currentTarget.value) })
			})] }), a && /* @__PURE__ */ K("span", {
				class: "quiet measure",
				children: ["by ", a]
			})] }) : /* @__PURE__ */ K("button", {
				class: "icon",
				type: "button",
				onClick: () => o({ ascending: !n.ascending }),
				"aria-label": n.ascending ? "Ascending; change to descending" : "Descending; change to ascending",
				title: n.ascending ? "Ascending" : "Descending",
				children: n.ascending ? "↑" : "↓"
			}),
			/* @__PURE__ */ K(mt, {
				label: "Dead units",
				value: n.alive,
				options: [
					["all", `All ${r.alive.all}`],
					["alive", `Alive ${r.alive.alive}`],
					["dead", `Dead ${r.alive.dead}`]
				],
				change: (e) => o({ alive: e })
			}),
			t.topClass && /* @__PURE__ */ K("label", { children: ["Class", /* @__PURE__ */ K("select", {
				value: n.class ?? "",
				onChange: (e) => o({ class: Tr(e.currentTarget.value) }),
				children: [
					/* @__PURE__ */ K("option", {
						value: "",
						children: "any"
					}),
					n.class !== null && !r.classes.has(n.class) && /* @__PURE__ */ K("option", {
						value: n.class,
						children: [t.classes?.[n.class] ?? n.class, " (0)"]
					}),
					l.map(([e, n]) => /* @__PURE__ */ K("option", {
						value: e,
						children: [
							t.classes?.[e] ?? e,
							" (",
							n,
							")"
						]
					}, e))
				]
			})] }),
			/* @__PURE__ */ K("span", {
				class: "range",
				role: "group",
				"aria-label": "Strongest response between",
				children: [
					/* @__PURE__ */ K("span", {
						"aria-hidden": "true",
						children: "Maximum"
					}),
					/* @__PURE__ */ K(wr, {
						values: r.maxima,
						least: d,
						most: f,
						low: n.low,
						high: n.high,
						change: (e, t) => o({
							low: e,
							high: t
						})
					}),
					/* @__PURE__ */ K("input", {
						class: "few",
						type: "number",
						step: "any",
						value: n.low ?? "",
						placeholder: Z(d),
						onInput: (e) => o({ low: Tr(e.currentTarget.value) }),
						"aria-label": "Maximum at least"
					}),
					/* @__PURE__ */ K("span", {
						"aria-hidden": "true",
						children: "–"
					}),
					/* @__PURE__ */ K("input", {
						class: "few",
						type: "number",
						step: "any",
						value: n.high ?? "",
						placeholder: Z(f),
						onInput: (e) => o({ high: Tr(e.currentTarget.value) }),
						"aria-label": "Maximum at most"
					})
				]
			}),
			(r.marked > 0 || n.marked) && /* @__PURE__ */ K("button", {
				type: "button",
				"aria-pressed": n.marked,
				class: "toggle",
				onClick: () => o({ marked: !n.marked }),
				children: [
					/* @__PURE__ */ K("span", {
						"aria-hidden": "true",
						children: "★\xA0"
					}),
					/* @__PURE__ */ K("span", {
						class: "heard",
						children: "Marked "
					}),
					r.marked
				]
			}),
			/* @__PURE__ */ K("input", {
				id: "search",
				class: "find",
				type: "search",
				value: n.text,
				placeholder: t.names ? "Find number or name" : "Find number",
				onInput: (e) => o({ text: e.currentTarget.value }),
				"aria-label": "Find units"
			}),
			/* @__PURE__ */ K("output", {
				class: "count",
				"aria-live": "polite",
				children: [
					i,
					" of ",
					r.all
				]
			})
		]
	});
}
// src/map.ts
var Dr = 12, Or = .7;
function kr() {
	let e = 625341585;
	return (t) => (e ^= e << 13, e ^= e >>> 17, e ^= e << 5, (e >>> 0) % t);
}
function Ar(e, t, n, r, i, a) {
	let o = new Float32Array(e.length), s = new Float32Array(e.length);
	for (let s = 0; s < r; s += 1) {
		let r = Math.min(n, i - s * n);
		for (let i = 0; i < r; i += 1) for (let c = Math.max(0, i - a); c <= Math.min(r - 1, i + a); c += 1) for (let r = 0; r < t; r += 1) o[(s * n + i) * t + r] = o[(s * n + i) * t + r] + e[(s * n + c) * t + r];
	}
	for (let e = 0; e < i; e += 1) {
		let [c, l] = [e % n, Math.floor(e / n)], u = 0;
		for (let d = Math.max(0, l - a); d <= Math.min(r - 1, l + a); d += 1) {
			if (d * n + c >= i) continue;
			let r = Math.min(n, i - d * n);
			u += Math.min(r - 1, c + a) - Math.max(0, c - a) + 1;
			for (let r = 0; r < t; r += 1) s[e * t + r] = s[e * t + r] + o[(d * n + c) * t + r];
		}
		for (let n = 0; n < t; n += 1) s[e * t + n] = s[e * t + n] / u;
	}
	return s;
}
function jr(e, t) {
	let { rank: n, values: r } = e, i = Math.floor(r.length / n), a = Math.ceil(i / t), o = Mr(e, i, t), s = new Float32Array(i * n);
	o.forEach((e, t) => s.set(r.subarray(e * n, (e + 1) * n), t * n));
	let c = kr(), l = new Float32Array(n);
	for (let e = Math.max(1, Math.floor(Math.max(t, a) / 2));; e = Math.floor(e * Or)) {
		let r = Ar(s, n, t, a, i, Math.max(1, e));
		for (let a = Dr * i; a > 0; --a) {
			let a = c(i), u = Math.floor(a / t) + c(2 * e + 3) - e - 1, d = a % t + c(2 * e + 3) - e - 1, f = u * t + d;
			if (d < 0 || u < 0 || d >= t || f >= i || a === f) continue;
			let p = 0;
			for (let e = 0; e < n; e += 1) p += (s[a * n + e] - s[f * n + e]) * (r[f * n + e] - r[a * n + e]);
			p <= 0 || (l.set(s.subarray(a * n, (a + 1) * n)), s.copyWithin(a * n, f * n, (f + 1) * n), s.set(l, f * n), [o[a], o[f]] = [o[f], o[a]]);
		}
		if (e <= 1) return o;
	}
}
function Mr({ rank: e, values: t }, n, r) {
	let i = (n) => (r, i) => t[i * e + n] - t[r * e + n] || r - i, a = Array.from({ length: n }, (e, t) => t).sort(i(0));
	if (e < 2) return a;
	let o = [];
	for (let e = 0; e < n; e += r) o.push(a.slice(e, e + r).sort(i(1)));
	return o.flat();
}
// src/parts/LayerMap.tsx
var Nr = 4, [Pr, Fr] = [28, 64];
function Ir(e, t) {
	let n = Math.max(1, Math.floor((t + Nr) / (Pr + Nr))), r = Math.max(1, Math.min(n, Math.ceil(Math.sqrt(1.6 * e))));
	return {
		columns: r,
		side: Math.max(Pr, Math.min(Fr, Math.floor((t + Nr) / r) - Nr))
	};
}
function Lr(e) {
	let { layer: t, data: n, known: r, units: i, kind: a, chosen: o, choose: s, open: c, missing: l } = e, u = I(null), [d, f] = P(0);
	F(() => {
		if (!u.current) return;
		let e = new ResizeObserver(([e]) => f(Math.floor(e?.contentRect.width ?? 0)));
		return e.observe(u.current), () => e.disconnect();
	}, []);
	let p = L(() => r ? ur(r, i) : null, [r, i]), { columns: m, side: h } = Ir(p?.units.length ?? 0, d), g = L(() => p && d ? jr(p.vectors, m).map((e) => p.units[e]) : null, [
		p,
		m,
		d > 0
	]), _ = Oe((e, n) => {
		let r = g?.[e];
		return /* @__PURE__ */ K("a", {
			class: "unit mini",
			href: V(t.name, r),
			tabIndex: n ? 0 : -1,
			"aria-label": `Unit ${r}`,
			onFocus: () => s(r),
			onMouseEnter: () => s(r),
			onClick: (e) => {
				e.ctrlKey || e.metaKey || e.shiftKey || e.button || (e.preventDefault(), c(r));
			},
			children: /* @__PURE__ */ K($, {
				layer: t,
				channel: r,
				kind: a,
				side: h
			})
		});
	}, [
		t,
		g,
		a,
		h,
		c
	]);
	if (l) return /* @__PURE__ */ K("p", {
		class: "empty",
		children: "This copy does not say how alike all units of a layer are, and has no map of them."
	});
	let v = i.length - (p?.units.length ?? 0);
	return /* @__PURE__ */ K("div", {
		class: "layer-map",
		children: [/* @__PURE__ */ K("div", {
			ref: u,
			children: g ? /* @__PURE__ */ K(pn, {
				count: g.length,
				cell: {
					width: h,
					height: h
				},
				gap: Nr,
				columns: m,
				label: `Map of ${t.name}`,
				current: g.indexOf(o),
				select: (e) => s(g[e] ?? -1),
				open: (e) => c(g[e]),
				keyOf: (e) => g[e] ?? e,
				render: _
			}) : /* @__PURE__ */ K(X, { what: "the map" })
		}), /* @__PURE__ */ K("aside", {
			class: "panel map-look",
			"aria-label": "The unit looked at",
			children: [o >= 0 && o < t.channels ? /* @__PURE__ */ K(Rr, {
				layer: t,
				data: n,
				channel: o
			}) : /* @__PURE__ */ K("p", {
				class: "quiet",
				children: "Units that respond to the same images lie side by side. Point at one to see it large."
			}), v > 0 && /* @__PURE__ */ K("p", {
				class: "quiet",
				children: [
					v === 1 ? "One unit responds" : `${v} units respond`,
					" to all images alike and ",
					v === 1 ? "has" : "have",
					" no place."
				]
			})]
		})]
	});
}
function Rr({ layer: e, data: t, channel: n }) {
	let r = t.topClass?.[n] ?? -1, i = [["Maximum", Z(t.maximum[n])], ["Active", Tt(t.active[n])]];
	return r >= 0 && i.push(["Top class", /* @__PURE__ */ K(q, { text: t.classes?.[r] ?? `class ${r}` }, "c")]), /* @__PURE__ */ K(b, { children: [
		/* @__PURE__ */ K("h2", { children: /* @__PURE__ */ K("a", {
			href: V(e.name, n),
			children: ["Unit ", n]
		}) }),
		t.names?.[n] !== void 0 && /* @__PURE__ */ K(q, { text: t.names[n] }),
		/* @__PURE__ */ K("div", {
			class: "map-pair",
			children: [/* @__PURE__ */ K($, {
				layer: e,
				channel: n,
				kind: "photos",
				side: 112
			}), /* @__PURE__ */ K($, {
				layer: e,
				channel: n,
				kind: "projections",
				side: 112
			})]
		}),
		/* @__PURE__ */ K(dt, { rows: i })
	] });
}
// src/parts/Units.tsx
var zr = 84, Br = 72;
function Vr(e, t, n, r, i) {
	if (e.dead.includes(i)) return "dead";
	switch (t.sort) {
		case "mean": return Z(e.mean[i]);
		case "active": return Tt(e.active[i]);
		case "selectivity": return Z(e.selectivity?.[i]);
		case "control": return r?.similarity[i]?.toFixed(2) ?? "–";
		case "similar": return i === t.near ? "this" : n.get(i)?.toFixed(2) ?? "–";
		default: return Z(e.maximum[i]);
	}
}
function Hr(e, t) {
	let { manifest: n } = U(), r = t.sort === "similar" && t.near !== null && t.near < e.channels ? t.near : null, i = !!n.extras?.alike, a = W((r !== null || t.sort === "map") && i ? `alike/${e.id}` : null), o = W(r === null ? null : `layers/${e.id}/${Math.floor(r / e.shard.units)}`);
	return L(() => {
		let n = a.error ?? o.error;
		if (t.sort === "map") return {
			nearest: [],
			measure: a.value ? dr(a.value) : "",
			known: a.value,
			error: n
		};
		if (r === null) return {
			nearest: [],
			measure: "",
			known: null,
			error: n
		};
		let s = o.value?.units.find((e) => e.channel === r)?.nearest ?? [], c = e.neighbours.startsWith("correlation of strongest responses"), l = !c || o.value !== null || o.error !== null;
		return a.value && l ? {
			nearest: cr(a.value, r, c ? s : []),
			measure: dr(a.value),
			known: null,
			error: n
		} : {
			nearest: i ? [] : s,
			measure: s.length && !i ? `${e.neighbours}, the nearest ${s.length} only` : "",
			known: null,
			error: n
		};
	}, [
		r,
		t.sort,
		e,
		a.value,
		o.value,
		a.error,
		o.error
	]);
}
function Ur(e) {
	let t = zn().all();
	return L(() => new Set(Object.keys(t).flatMap((t) => {
		let n = et(t);
		return n?.layer === e.name ? [n.channel] : [];
	})), [t, e]);
}
function Wr({ layer: e, data: t, query: n }) {
	let r = U(), { router: i, toast: a } = R(), o = zn(), s = L(() => hr(n), [n.toString()]), { nearest: c, measure: l, known: u, error: d } = Hr(e, s), f = W(s.sort === "control" && r.manifest.paths.likeness ? G(r.manifest.paths.likeness, { layer: e.id }) : null), p = r.manifest.subset?.[e.name], m = Ur(e), { units: h, counts: g } = L(() => vr(e, t, s, {
		nearest: c,
		controls: f.value?.similarity,
		only: p,
		marked: m
	}), [
		e,
		t,
		s,
		c,
		f.value,
		m
	]), [_, v] = P(() => n.has("at") ? Number(n.get("at")) : -1), y = L(() => new Map(c), [c]), x = (t) => i.replace(B(e.name, gr({
		...s,
		...t
	}))), S = Oe((t) => {
		i.replace(B(e.name, {
			...gr(s),
			at: t
		})), i.go(V(e.name, t));
	}, [
		i,
		e,
		s
	]);
	z({
		p: () => x({ view: "photos" }),
		r: () => x({ view: "projections" }),
		b: () => x({ view: "both" }),
		m: () => {
			_ >= 0 && a(`${e.name}:${_} ${o.toggle(`${e.name}:${_}`) ? "marked" : "no longer marked"}`);
		}
	});
	let C = s.view === "both" ? ["photos", "projections"] : [s.view], w = window.innerWidth < 480 ? Br : zr, T = L(() => ({
		width: C.length * w + (C.length - 1) * 3 + 14,
		height: w + 32
	}), [C.length, w]), E = Oe((n, r) => {
		let i = h[n], a = t.names?.[i];
		return /* @__PURE__ */ K("a", {
			class: t.dead.includes(i) ? "unit dead" : "unit",
			href: V(e.name, i),
			tabIndex: r ? 0 : -1,
			onFocus: () => v(i),
			onClick: (e) => {
				e.ctrlKey || e.metaKey || e.shiftKey || e.button || (e.preventDefault(), S(i));
			},
			title: `${e.name}:${i}${a ? ` ${a}` : ""}`,
			children: [/* @__PURE__ */ K("span", {
				class: "pair",
				children: C.map((t) => /* @__PURE__ */ K($, {
					layer: e,
					channel: i,
					kind: t,
					side: w
				}, t))
			}), /* @__PURE__ */ K("span", {
				class: "caption",
				children: [/* @__PURE__ */ K("b", { children: [
					/* @__PURE__ */ K("span", {
						class: "heard",
						children: ["Unit ", a ? `${i} ` : ""]
					}),
					a ? /* @__PURE__ */ K("bdi", { children: a }) : i,
					m.has(i) && /* @__PURE__ */ K("span", {
						class: "star",
						role: "img",
						"aria-label": "marked",
						children: "★"
					})
				] }), /* @__PURE__ */ K("span", { children: Vr(t, s, y, f.value, i) })]
			})]
		});
	}, [
		e,
		t,
		s,
		h,
		y,
		f.value,
		m,
		S,
		w
	]);
	return /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K(Er, {
		layer: e,
		data: t,
		view: s,
		counts: g,
		shown: h.length,
		measure: f.error ? "the likeness to controls cannot be read" : d ? "how alike units are cannot be read" : l,
		change: x
	}), h.length === 0 ? /* @__PURE__ */ K("p", {
		class: "empty",
		children: ["No unit passes these filters. ", /* @__PURE__ */ K("a", {
			href: B(e.name),
			children: ["Show all ", g.all]
		})]
	}) : s.sort === "map" ? /* @__PURE__ */ K(Lr, {
		layer: e,
		data: t,
		known: u,
		units: h,
		kind: s.view === "projections" ? "projections" : "photos",
		chosen: _,
		choose: v,
		open: S,
		missing: !r.manifest.extras?.alike || d !== null
	}) : /* @__PURE__ */ K(pn, {
		count: h.length,
		cell: T,
		label: `Units of ${e.name}`,
		current: h.indexOf(_),
		select: (e) => v(h[e] ?? -1),
		open: (e) => S(h[e]),
		keyOf: (e) => h[e] ?? e,
		render: E
	})] });
}
// src/pages/Layer.tsx
function Gr({ name: e, query: t }) {
	let n = st(U(), e), r = W(n ? `layers/${n.id}` : null);
	return n ? r.error ? /* @__PURE__ */ K(Y, {
		title: "Data is missing",
		children: r.error.message
	}) : /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K(Kr, { layer: n }), r.value ? /* @__PURE__ */ K(Wr, {
		layer: n,
		data: r.value,
		query: t
	}) : /* @__PURE__ */ K(X, { what: n.name })] }) : /* @__PURE__ */ K(pt, { name: e });
}
function Kr({ layer: e }) {
	let t = U(), { router: n } = R(), r = t.manifest.layers.indexOf(e), [i, a] = [t.manifest.layers[r - 1], t.manifest.layers[r + 1]], o = (e) => () => e ? n.go(B(e.name)) : void 0;
	z({
		"[": o(i),
		"]": o(a)
	});
	let s = e.units;
	return /* @__PURE__ */ K("div", {
		class: "page-head",
		children: [/* @__PURE__ */ K("div", { children: [
			/* @__PURE__ */ K("h1", { children: /* @__PURE__ */ K(q, { text: e.name }) }),
			/* @__PURE__ */ K("p", {
				class: "lead",
				children: [
					e.op,
					" · ",
					Et(e),
					" · receptive field ",
					Ot(e),
					" · ",
					Q(s.dead, "dead unit"),
					s.silent > 0 && ` · ${s.silent} never above zero`,
					s.nan > 0 && ` · ${s.nan} with NaN`,
					e.control && ` · like control ${e.control.median?.toFixed(2) ?? "–"}`
				]
			}),
			/* @__PURE__ */ K(Pn, { layers: [e] })
		] }), /* @__PURE__ */ K("div", {
			class: "steps",
			children: [i && /* @__PURE__ */ K("a", {
				href: B(i.name),
				title: "Previous layer ([)",
				"aria-label": `Previous layer, ${i.name}`,
				children: "←"
			}), a && /* @__PURE__ */ K("a", {
				href: B(a.name),
				title: "Next layer (])",
				"aria-label": `Next layer, ${a.name}`,
				children: "→"
			})]
		})]
	});
}
// src/parts/Actions.tsx
function qr({ layer: e, shard: t, unit: n }) {
	let r = U(), { router: i, root: a, toast: o } = R(), [s, c] = P(!1), l = `${e.name}:${n.channel}`, u = i.link(V(e.name, n.channel)), d = async (e, t) => o(await He(e, a) ? `${t} copied` : `${t} could not be copied: ${e}`), f = async (t) => {
		try {
			let i = await Bt(r, e, n), a = await Vt(i);
			t === "png" ? Ue(`${l}.png`, a) : Ue(`${l}.svg`, Ut(i.toDataURL("image/png"), i, e, n), "image/svg+xml");
		} catch (e) {
			e instanceof Nt ? c(!0) : o("The picture cannot be read");
		}
	};
	return /* @__PURE__ */ K("div", {
		class: "actions",
		role: "group",
		"aria-label": "Take away",
		children: [
			/* @__PURE__ */ K("button", {
				id: "copy-link",
				type: "button",
				onClick: () => d(u ?? l, u ? "Link" : "Unit"),
				children: "Copy link"
			}),
			/* @__PURE__ */ K("button", {
				type: "button",
				onClick: () => d(Kt(r, e, n.channel, u), "Citation"),
				children: "Copy citation"
			}),
			u !== null && /* @__PURE__ */ K("button", {
				type: "button",
				onClick: () => d(Gt(u, l), "Code to embed it"),
				title: "HTML that shows this unit within another page",
				children: "Copy embed code"
			}),
			/* @__PURE__ */ K("button", {
				type: "button",
				disabled: n.dead,
				onClick: () => f("png"),
				children: "PNG"
			}),
			/* @__PURE__ */ K("button", {
				type: "button",
				disabled: n.dead,
				onClick: () => f("svg"),
				children: "SVG"
			}),
			/* @__PURE__ */ K("button", {
				type: "button",
				onClick: () => Ue(`${l}.json`, Wt(r, e, t, n)),
				children: "JSON"
			}),
			/* @__PURE__ */ K("a", {
				class: "button",
				href: Qe(l, `${e.name}:${n.nearest[0]?.[0] ?? n.channel}`),
				children: "Compare"
			}),
			s && /* @__PURE__ */ K(Jr, {
				path: Pt(r, e, n.channel),
				unit: l,
				close: () => c(!1)
			})
		]
	});
}
function Jr({ path: e, unit: t, close: n }) {
	return z({ Escape: n }, !0), /* @__PURE__ */ K("div", {
		class: "modal",
		"aria-label": "Pictures from disk",
		...xt(n),
		children: /* @__PURE__ */ K("div", {
			class: "sheet narrow",
			children: [
				/* @__PURE__ */ K("button", {
					class: "icon close",
					type: "button",
					onClick: n,
					"aria-label": "Close",
					"data-first": !0,
					children: "×"
				}),
				/* @__PURE__ */ K("h2", { children: "Pictures of a page opened from disk" }),
				/* @__PURE__ */ K("p", { children: "Browsers do not let such a page read its own pictures, and this atlas has too many of them to hold each twice. Any of these does it:" }),
				/* @__PURE__ */ K("ul", { children: [
					/* @__PURE__ */ K("li", { children: [
						"open ",
						/* @__PURE__ */ K("a", {
							href: e,
							target: "_blank",
							rel: "noreferrer",
							children: "the unit's picture"
						}),
						" (WebP) and save it;"
					] }),
					/* @__PURE__ */ K("li", { children: [
						"run ",
						/* @__PURE__ */ K("code", { children: "convscope serve" }),
						" on this folder, where the buttons work;"
					] }),
					/* @__PURE__ */ K("li", { children: [
						"run ",
						/* @__PURE__ */ K("code", { children: [
							"convscope atlas export FOLDER --units ",
							t,
							" --single-file"
						] }),
						": one file to mail, where they work too;"
					] }),
					/* @__PURE__ */ K("li", { children: [
						"run ",
						/* @__PURE__ */ K("code", { children: "convscope atlas export FOLDER --portable" }),
						": the whole atlas with every picture twice."
					] })
				] })
			]
		})
	});
}
// src/parts/Lightbox.tsx
function Yr({ layer: e, shard: t, unit: n, rank: r, mode: i, go: a, close: o }) {
	let s = (e) => a(r, e), [c, l] = P(1), [u, d] = P(50), f = n.images.length, p = (e) => () => a((r + e + f) % f), m = (e) => () => l((t) => Math.max(1, Math.min(8, t * e))), h = {
		Escape: o,
		ArrowLeft: p(-1),
		ArrowRight: p(1),
		h: p(-1),
		l: p(1),
		"+": m(1.5),
		"=": m(1.5),
		"-": m(1 / 1.5),
		f: () => s(i === "whole" ? "pair" : "whole"),
		o: () => s(i === "overlay" ? "pair" : "overlay"),
		p: () => s("pair")
	};
	for (let e = 0; e < Math.min(9, f); e += 1) h[String(e + 1)] = () => a(e);
	z(h, !0);
	let g = xt(o);
	De(() => l(1), [r, i]);
	let _ = n.images[r], v = an(t, _), y = rn(t, _), x = typeof innerWidth == "number" ? innerWidth : 1e3, S = typeof innerHeight == "number" ? innerHeight : 800, C = Math.round(Math.max(96, Math.min((x - 80) / (i === "pair" ? 2 : 1), S - 260, 560)) * c), w = {
		layer: e,
		channel: n.channel,
		rank: r,
		side: C
	}, T = (e) => {
		e.preventDefault(), m(e.deltaY < 0 ? 1.15 : 1 / 1.15)();
	};
	return /* @__PURE__ */ K("div", {
		class: "modal",
		"aria-label": `Example ${r + 1} of ${e.name}:${n.channel}`,
		...g,
		children: /* @__PURE__ */ K("div", {
			class: "sheet lightbox",
			children: [
				/* @__PURE__ */ K("div", {
					class: "lightbox-bar",
					children: [
						/* @__PURE__ */ K(mt, {
							label: "View",
							value: i,
							options: [
								["pair", "Side by side"],
								["overlay", "Overlay"],
								["whole", "Whole image"]
							],
							change: s
						}),
						i === "overlay" && /* @__PURE__ */ K("label", {
							class: "slider",
							children: [
								"photo",
								/* @__PURE__ */ K("input", {
									type: "range",
									min: "0",
									max: "100",
									value: u,
									onInput: (e) => d(Number(e.currentTarget.value)),
									"aria-label": "Photo to projection"
								}),
								"projection"
							]
						}),
						/* @__PURE__ */ K("span", {
							class: "zoom",
							children: [
								/* @__PURE__ */ K("button", {
									class: "icon",
									type: "button",
									onClick: m(1 / 1.5),
									"aria-label": "Zoom out",
									disabled: c <= 1,
									children: "−"
								}),
								/* @__PURE__ */ K("output", { children: [Math.round(c * 100), " %"] }),
								/* @__PURE__ */ K("button", {
									class: "icon",
									type: "button",
									onClick: m(1.5),
									"aria-label": "Zoom in",
									disabled: c >= 8,
									children: "+"
								})
							]
						}),
						/* @__PURE__ */ K("button", {
							class: "icon close",
							type: "button",
							onClick: o,
							"aria-label": "Close",
							"data-first": !0,
							children: "×"
						})
					]
				}),
				/* @__PURE__ */ K("div", {
					class: "stage",
					onWheel: T,
					tabIndex: 0,
					role: "group",
					"aria-label": "Picture",
					children: [
						i === "pair" && /* @__PURE__ */ K("div", {
							class: "large-pair",
							children: [/* @__PURE__ */ K(Yt, {
								kind: "photos",
								...w
							}), /* @__PURE__ */ K(Yt, {
								kind: "projections",
								...w
							})]
						}),
						i === "overlay" && /* @__PURE__ */ K("div", {
							class: "overlay",
							children: [/* @__PURE__ */ K(Yt, {
								kind: "photos",
								...w
							}), /* @__PURE__ */ K("span", {
								class: "over",
								style: { opacity: String(u / 100) },
								children: /* @__PURE__ */ K(Yt, {
									kind: "projections",
									...w
								})
							})]
						}),
						i === "whole" && /* @__PURE__ */ K("div", {
							class: "large-whole",
							style: { width: `${C}px` },
							children: /* @__PURE__ */ K(tn, {
								image: _,
								name: v,
								box: n.boxes[r] ?? null
							})
						})
					]
				}),
				/* @__PURE__ */ K("div", {
					class: "lightbox-foot",
					children: [
						/* @__PURE__ */ K("button", {
							class: "icon",
							type: "button",
							onClick: p(-1),
							"aria-label": "Previous example",
							children: "←"
						}),
						/* @__PURE__ */ K("p", { children: [
							/* @__PURE__ */ K("b", { children: r + 1 }),
							" of ",
							f,
							" · activation ",
							/* @__PURE__ */ K("b", {
								class: "number",
								children: Z(n.values[r])
							}),
							y !== null && /* @__PURE__ */ K(b, { children: [" · ", /* @__PURE__ */ K(q, { text: y })] }),
							" · ",
							/* @__PURE__ */ K("a", {
								href: H(_),
								children: /* @__PURE__ */ K(q, { text: v })
							}),
							e.spatial && ` · row ${n.y[r]}, column ${n.x[r]}`,
							" · largest magnitude ",
							Z(n.scales[r])
						] }),
						/* @__PURE__ */ K("button", {
							class: "icon",
							type: "button",
							onClick: p(1),
							"aria-label": "Next example",
							children: "→"
						})
					]
				})
			]
		})
	});
}
// src/parts/Histogram.tsx
var Xr = 480;
function Zr(e, t) {
	if (t <= (e[0] ?? 0)) return 0;
	for (let n = 1; n < e.length; n += 1) {
		let r = e[n - 1], i = e[n];
		if (t < i) return Number.isFinite(i - r) ? n - 1 + (t - r) / (i - r) : n - .5;
	}
	return e.length - 1;
}
function Qr({ edges: e, first: t, counts: n, marks: r = [], title: i }) {
	if (!n.length) return /* @__PURE__ */ K("p", {
		class: "quiet",
		children: "No responses."
	});
	let a = e.slice(t, t + n.length + 1), o = Xr / n.length, s = Math.max(...n), c = (e) => Zr(a, e) * o, l = a[Math.round(n.length / 2)], u = n.reduce((e, t) => e + t, 0);
	return /* @__PURE__ */ K("svg", {
		class: "histogram",
		viewBox: `0 0 ${Xr} 134`,
		role: "img",
		"aria-label": `${i}: ${u} images, from ${Z(a[0])} to ${Z(a.at(-1))}`,
		children: [
			n.map((e, t) => {
				let n = e ? Math.max(1.5, 102 * Math.sqrt(e / s)) : 0;
				return /* @__PURE__ */ K("rect", {
					class: "bar",
					x: t * o + .5,
					y: 102 - n,
					width: Math.max(.5, o - 1),
					height: n,
					children: /* @__PURE__ */ K("title", { children: `${Z(a[t])} to ${Z(a[t + 1])}: ${e}` })
				}, t);
			}),
			/* @__PURE__ */ K("line", {
				class: "axis",
				x1: "0",
				x2: Xr,
				y1: 102,
				y2: 102
			}),
			r.map((e, t) => e !== null && /* @__PURE__ */ K("path", {
				class: "mark",
				d: `M${c(e)} 104l-2.5 9h5z`
			}, t)),
			/* @__PURE__ */ K("text", {
				x: "0",
				y: 130,
				children: Z(a[0])
			}),
			/* @__PURE__ */ K("text", {
				x: Xr / 2,
				y: 130,
				"text-anchor": "middle",
				children: Z(l)
			}),
			/* @__PURE__ */ K("text", {
				x: Xr,
				y: 130,
				"text-anchor": "end",
				children: Z(a.at(-1))
			})
		]
	});
}
// src/parts/Later.tsx
var $r = 100, ei = 12;
function ti({ given: e, about: t, turn: n, draw: r }) {
	let [i, a] = P(t), o = I(e);
	return i === t && (o.current = e), F(() => {
		if (i === t) return;
		let e = setTimeout(() => a(t), $r + ei * n);
		return () => clearTimeout(e);
	}, [t]), L(() => /* @__PURE__ */ K(b, { children: r(o.current) }), Object.values(o.current));
}
// src/parts/Tuning.tsx
var ni = 1.25, ri = (e) => e == null ? "–" : `${Math.round(100 * e)} %`, ii = (e) => `${100 * Math.min(Math.max(e, 0), ni) / ni}%`;
function ai({ layer: e, unit: t }) {
	let { manifest: n } = U(), r = W(n.paths.tuning ? G(n.paths.tuning, { layer: e.id }) : null).value;
	if (!r?.kept.some((e) => (e[t.channel] ?? null) !== null)) return null;
	let i = r.out[t.channel] ?? [];
	return /* @__PURE__ */ K(J, {
		title: "Tuning",
		note: "What survives of the activation when this unit's strongest images are changed: the dot, with its interval; the shaded part is the middle half of the layer's units. In bold where this unit differs from its layer.",
		children: /* @__PURE__ */ K("ol", {
			class: "tuning",
			children: r.kinds.map((e, n) => {
				let a = r.kept[n]?.[t.channel] ?? null;
				if (a === null) return null;
				let o = r.low[n]?.[t.channel] ?? null, s = r.high[n]?.[t.channel] ?? null, [c, l, u] = r.quartiles[n] ?? [];
				return /* @__PURE__ */ K("li", {
					class: i.some((e) => Math.abs(e) === n + 1) ? "differs" : void 0,
					title: `keeps ${ri(a)} ${e.how}; the layer's median is ${ri(l)}`,
					children: [
						/* @__PURE__ */ K("span", { children: [
							e.what,
							" ",
							/* @__PURE__ */ K("span", {
								class: "quiet",
								children: e.how
							})
						] }),
						/* @__PURE__ */ K("span", {
							class: "tuning-track",
							"aria-hidden": "true",
							children: [
								c != null && u != null && /* @__PURE__ */ K("i", {
									class: "middle",
									style: {
										left: ii(c),
										right: `calc(100% - ${ii(u)})`
									}
								}),
								o !== null && s !== null && /* @__PURE__ */ K("i", {
									class: "interval",
									style: {
										left: ii(o),
										right: `calc(100% - ${ii(s)})`
									}
								}),
								/* @__PURE__ */ K("i", {
									class: "dot",
									style: { left: ii(a) }
								})
							]
						}),
						/* @__PURE__ */ K("span", {
							class: "number",
							children: ri(a)
						})
					]
				}, e.name);
			})
		})
	});
}
// src/parts/Details.tsx
function oi({ layer: e, data: t, shard: n, unit: r, note: i }) {
	let a = U(), o = a.manifest.extras, s = o ? Math.floor(r.channel / o.shard) : 0, c = W(o ? `extras/${e.id}/${s}` : null).value, l = W(a.store.host.kind === "file" ? null : "experiments").value, u = {
		layer: e,
		data: t,
		shard: n,
		unit: r,
		note: i,
		extra: c,
		mine: c?.units[r.channel - c.first],
		experiments: l
	};
	return /* @__PURE__ */ K("div", {
		class: "details",
		children: [
			/* @__PURE__ */ K(ti, {
				given: u,
				about: r,
				turn: 0,
				draw: si
			}),
			/* @__PURE__ */ K(ti, {
				given: u,
				about: r,
				turn: 1,
				draw: ci
			}),
			/* @__PURE__ */ K(ti, {
				given: u,
				about: r,
				turn: 2,
				draw: li
			})
		]
	});
}
var si = ({ layer: e, data: t, shard: n, unit: r, note: i, mine: a }) => /* @__PURE__ */ K(b, { children: [
	/* @__PURE__ */ K("div", {
		class: "stack",
		children: [/* @__PURE__ */ K(J, {
			title: "Responses",
			note: `Images by their strongest response, heights by square root; the ${r.values.length} shown above are marked.`,
			children: /* @__PURE__ */ K(Qr, {
				edges: t.histogram.edges,
				first: r.histogram.first,
				counts: r.histogram.counts,
				marks: r.values,
				title: "Responses"
			})
		}), i && /* @__PURE__ */ K(ui, { unit: `${e.name}:${r.channel}` }, `${e.name}:${r.channel}`)]
	}),
	r.classes.length > 0 && /* @__PURE__ */ K(di, {
		shard: n,
		unit: r
	}),
	/* @__PURE__ */ K(ai, {
		layer: e,
		unit: r
	}),
	a?.control && /* @__PURE__ */ K(hi, {
		layer: e,
		unit: r,
		extra: a
	})
] }), ci = ({ unit: e, extra: t, mine: n }) => n && t && n.bands.length > 0 ? /* @__PURE__ */ K(fi, {
	extra: t,
	unit: n,
	maximum: e.maximum
}) : null, li = ({ layer: e, unit: t, extra: n, mine: r, experiments: i }) => {
	let a = (i ?? []).filter((n) => n.units.includes(`${e.name}:${t.channel}`));
	return /* @__PURE__ */ K(b, { children: [
		/* @__PURE__ */ K(pi, {
			layer: e,
			unit: t
		}),
		r && n && (r.incoming.length > 0 || n.incoming !== "") && /* @__PURE__ */ K(mi, {
			title: "Strongest inputs",
			joints: r.incoming,
			note: n.incoming
		}),
		r && n && (r.outgoing.length > 0 || n.outgoing !== "") && /* @__PURE__ */ K(mi, {
			title: "Strongest outputs",
			joints: r.outgoing,
			note: n.outgoing
		}),
		a.length > 0 && /* @__PURE__ */ K(J, {
			title: "Experiments on this unit",
			children: /* @__PURE__ */ K("ul", {
				class: "plain",
				children: a.map((e) => /* @__PURE__ */ K("li", { children: [
					/* @__PURE__ */ K("a", {
						href: Ze(e.name),
						children: e.title
					}),
					" ",
					/* @__PURE__ */ K("span", {
						class: "op",
						children: e.kind
					})
				] }, e.name))
			})
		})
	] });
};
function ui({ unit: e }) {
	let t = zn();
	return /* @__PURE__ */ K(J, {
		title: "Your note",
		note: "Kept in this browser; the first page lists it among the marked units, and saves it.",
		children: /* @__PURE__ */ K("textarea", {
			rows: 2,
			maxLength: 2e3,
			value: t.all()[e] ?? "",
			onInput: (n) => t.write(e, n.currentTarget.value),
			"aria-label": `Note on ${e}`,
			placeholder: "What does this unit look for?"
		})
	});
}
function di({ shard: e, unit: t }) {
	let n = Math.max(...t.classes.map(([, e]) => e), 0);
	return /* @__PURE__ */ K(J, {
		title: "Top classes",
		note: "Mean, over a class's images, of the strongest response in each.",
		children: /* @__PURE__ */ K("ol", {
			class: "bars",
			children: t.classes.map(([t, r]) => /* @__PURE__ */ K("li", { children: [
				/* @__PURE__ */ K("span", {
					class: "bar-name",
					children: /* @__PURE__ */ K(q, { text: e.classes[t] ?? `class ${t}` })
				}),
				/* @__PURE__ */ K("span", {
					class: "bar-track",
					"aria-hidden": "true",
					children: /* @__PURE__ */ K("span", { style: { width: `${n > 0 ? 100 * Math.max(0, r) / n : 0}%` } })
				}),
				/* @__PURE__ */ K("span", {
					class: "number",
					children: Z(r)
				})
			] }, t))
		})
	});
}
function fi({ extra: e, unit: t, maximum: n }) {
	return /* @__PURE__ */ K(J, {
		title: "Lower responses",
		class: "panel wide",
		note: "Patches from images that excite the unit less, at their strongest place: a unit is more than its maxima.",
		children: /* @__PURE__ */ K("div", {
			class: "bands",
			children: t.bands.map((t) => /* @__PURE__ */ K("div", {
				class: "band",
				children: [/* @__PURE__ */ K("h3", { children: [
					n ? `${Tt(t.low / n)} to ${Tt(t.high / n)}` : "",
					" ",
					/* @__PURE__ */ K("span", {
						class: "quiet",
						children: "of the maximum"
					})
				] }), /* @__PURE__ */ K("div", {
					class: "band-row",
					children: [t.samples.map((t) => {
						let n = rn(e, t.image);
						return /* @__PURE__ */ K("a", {
							href: `#/i/${t.image}`,
							title: `${an(e, t.image)}${n ? `, ${n}` : ""}`,
							children: [/* @__PURE__ */ K(nn, {
								image: t.image,
								box: t.box,
								label: `Response ${Z(t.value)}, ${an(e, t.image)}`
							}), /* @__PURE__ */ K("span", {
								class: "number",
								children: Z(t.value)
							})]
						}, t.image);
					}), t.samples.length === 0 && /* @__PURE__ */ K("span", {
						class: "quiet",
						children: "none among the images sampled"
					})]
				})]
			}, t.high))
		})
	});
}
function pi({ layer: e, unit: t }) {
	let n = U(), r = t.nearest.filter(([t]) => ct(n, e.name, t));
	return r.length ? /* @__PURE__ */ K(J, {
		title: "Nearest units",
		note: /* @__PURE__ */ K(b, { children: [
			"By co-activation over the collection: ",
			e.neighbours,
			". ",
			/* @__PURE__ */ K("a", {
				href: B(e.name, {
					sort: "similar",
					near: t.channel,
					up: 0
				}),
				children: "Sort the layer by likeness to this unit"
			})
		] }),
		children: /* @__PURE__ */ K("ul", {
			class: "tiles",
			children: r.map(([n, r]) => /* @__PURE__ */ K("li", { children: [/* @__PURE__ */ K("a", {
				href: V(e.name, n),
				children: [/* @__PURE__ */ K($, {
					layer: e,
					channel: n,
					kind: "photos",
					side: 56
				}), /* @__PURE__ */ K("span", {
					class: "caption",
					children: [/* @__PURE__ */ K("b", { children: [/* @__PURE__ */ K("span", {
						class: "heard",
						children: "Unit "
					}), n] }), /* @__PURE__ */ K("span", { children: [/* @__PURE__ */ K("span", {
						class: "heard",
						children: "similarity "
					}), r.toFixed(2)] })]
				})]
			}), /* @__PURE__ */ K("a", {
				class: "versus",
				href: Qe(`${e.name}:${t.channel}`, `${e.name}:${n}`),
				"aria-label": `Compare with unit ${n}`,
				title: "Compare",
				children: "⇄"
			})] }, n))
		})
	}) : null;
}
function mi({ title: e, joints: t, note: n }) {
	let r = U(), i = t.some(([e, t]) => ct(r, e, t)), a = Math.max(...t.map(([, , e]) => Math.abs(e)), 0);
	return /* @__PURE__ */ K(J, {
		title: e,
		note: n,
		children: /* @__PURE__ */ K("ol", {
			class: i ? "joints" : "joints bare",
			children: t.map(([e, t, n]) => {
				let o = ct(r, e, t), s = `${e}:${t}`;
				return /* @__PURE__ */ K("li", { children: [
					i && (o ? /* @__PURE__ */ K($, {
						layer: o,
						channel: t,
						kind: "photos",
						side: 32
					}) : /* @__PURE__ */ K("span", {
						class: "tile none",
						"aria-hidden": "true"
					})),
					/* @__PURE__ */ K("span", {
						class: "joint-name",
						title: o ? s : `${s}: this unit is not in the atlas`,
						children: o ? /* @__PURE__ */ K("a", {
							href: V(e, t),
							children: [
								/* @__PURE__ */ K("span", { children: e }),
								":",
								t
							]
						}) : /* @__PURE__ */ K(b, { children: [
							/* @__PURE__ */ K("span", { children: e }),
							":",
							t
						] })
					}),
					/* @__PURE__ */ K("span", {
						class: n < 0 ? "bar-track negative" : "bar-track",
						"aria-hidden": "true",
						children: /* @__PURE__ */ K("span", { style: { width: `${a > 0 ? 100 * Math.abs(n) / a : 0}%` } })
					}),
					/* @__PURE__ */ K("span", {
						class: "number",
						children: n < 0 ? `−${Z(-n)}` : `+${Z(n)}`
					})
				] }, s);
			})
		})
	});
}
function hi({ layer: e, unit: t, extra: n }) {
	let { manifest: r } = U();
	if (!r.paths.controls || !n.control) return null;
	let i = G(r.paths.controls, {
		layer: e.id,
		sheet: Math.floor(t.channel / e.sheet.units)
	});
	return /* @__PURE__ */ K(J, {
		title: "Control",
		note: "The first projection beside one from the same place of the same image with random positive numbers at all units instead of this unit's activation. Projections that look like their control say little about the unit.",
		children: /* @__PURE__ */ K("div", {
			class: "control",
			children: [
				/* @__PURE__ */ K("figure", { children: [/* @__PURE__ */ K(Yt, {
					layer: e,
					channel: t.channel,
					kind: "projections",
					rank: 0,
					side: 112,
					dead: t.dead
				}), /* @__PURE__ */ K("figcaption", { children: "this unit" })] }),
				/* @__PURE__ */ K("figure", { children: [/* @__PURE__ */ K(Jt, {
					path: i,
					grid: e.sheet,
					panel: 0,
					cell: t.channel % e.sheet.units,
					side: 112,
					boost: !0,
					label: "Projection of a random seed"
				}), /* @__PURE__ */ K("figcaption", { children: "random seed" })] }),
				/* @__PURE__ */ K("p", { children: [/* @__PURE__ */ K("b", {
					class: "figure",
					children: n.control.similarity === null ? "–" : n.control.similarity.toFixed(2)
				}), /* @__PURE__ */ K("span", {
					class: "quiet",
					children: "cosine similarity of the two: 1 alike, 0 unrelated"
				})] })
			]
		})
	});
}
// src/ahead.ts
var gi = 24, _i = /* @__PURE__ */ new Map();
async function vi(e, t) {
	let n = await e.store.host.picture(t, e.name);
	if (!n) return;
	let r = _i.get(n) ?? new Image();
	_i.delete(n), _i.set(n, r);
	for (let e of [..._i.keys()].slice(0, Math.max(0, _i.size - gi))) _i.delete(e);
	r.src || (r.src = n, await r.decode().catch(() => void 0));
}
var yi = 20;
function bi(e, t, n) {
	for (let r of [n - yi, n + yi]) {
		let n = Math.floor(Math.max(0, Math.min(t.channels - 1, r)) / t.shard.units);
		e.store.load(`layers/${t.id}/${n}`).catch(() => null);
	}
}
async function xi(e, t, n) {
	let r = `layers/${t.id}/${Math.floor(n / t.shard.units)}`, i = (await e.store.load(r).catch(() => null))?.units.find((e) => e.channel === n);
	if (!i || i.dead || !i.images.length) return;
	let a = en(e, i.images[0]);
	await Promise.all([vi(e, Pt(e, t, n)), a === null ? null : vi(e, a)]);
}
// src/pages/Unit.tsx
function Si({ layer: e, channel: t, query: n }) {
	let r = U(), i = st(r, e), a = i !== void 0 && t < i.channels, o = r.manifest.subset?.[e], s = W(a ? `layers/${i.id}/${Math.floor(t / i.shard.units)}` : null), c = W(a ? `layers/${i.id}` : null), l = I(null);
	if (!i) return /* @__PURE__ */ K(pt, { name: e });
	if (!a) return /* @__PURE__ */ K(Y, {
		title: "No such unit",
		children: [
			"Layer “",
			e,
			"” has units 0 to ",
			i.channels - 1,
			"."
		]
	});
	let u = s.error ?? c.error;
	if (u) return /* @__PURE__ */ K(Y, {
		title: "Data is missing",
		children: u.message
	});
	if (!s.value || !c.value) return l.current?.layer === i ? /* @__PURE__ */ K(wi, { ...l.current }) : /* @__PURE__ */ K(X, { what: `${e}:${t}` });
	let d = s.value.units.find((e) => e.channel === t);
	return !d || o && !o.includes(t) ? /* @__PURE__ */ K(Y, {
		title: "Not in this copy",
		children: [
			"This export holds other units of “",
			e,
			"”."
		]
	}) : (l.current = {
		layer: i,
		data: c.value,
		shard: s.value,
		unit: d,
		query: n,
		only: o
	}, /* @__PURE__ */ K(wi, { ...l.current }));
}
function Ci({ layer: e, unit: t, only: n }, r, { show: i, open: a, widen: o, to: s }) {
	let { manifest: c } = U(), { router: l, root: u, toast: d } = R(), f = zn(), p = (r) => {
		if (n) return n[n.indexOf(t.channel) + r] ?? null;
		let i = t.channel + r;
		return i >= 0 && i < e.channels ? i : null;
	}, m = (r) => () => {
		let i = p(r) ?? (n ? null : r < 0 ? 0 : e.channels - 1);
		i !== null && i !== t.channel && l.step(s(e.name, i));
	}, h = (n) => () => {
		let r = c.layers[c.layers.indexOf(e) + n];
		r && l.step(s(r.name, Math.min(t.channel, r.channels - 1)));
	}, g = {
		"[": h(-1),
		"]": h(1),
		p: () => i("photos"),
		r: () => i("projections"),
		b: () => i("both"),
		o: () => a(r, "overlay"),
		f: o,
		m: () => d(`${e.name}:${t.channel} ${f.toggle(`${e.name}:${t.channel}`) ? "marked" : "no longer marked"}`),
		c: () => u.querySelector("#copy-link")?.click()
	};
	for (let e of [
		"ArrowLeft",
		"ArrowUp",
		"h",
		"k"
	]) g[e] = m(-1);
	for (let e of [
		"ArrowRight",
		"ArrowDown",
		"l",
		"j"
	]) g[e] = m(1);
	for (let e of [
		"Shift+ArrowLeft",
		"Shift+ArrowUp",
		"H",
		"K"
	]) g[e] = m(-5);
	for (let e of [
		"Shift+ArrowRight",
		"Shift+ArrowDown",
		"L",
		"J"
	]) g[e] = m(5);
	for (let e = 0; e < Math.min(9, t.images.length); e += 1) g[String(e + 1)] = () => a(e);
	return z(g), p;
}
function wi(e) {
	let { layer: t, data: n, shard: r, unit: i, query: a, only: o } = e, { router: s } = R(), c = U(), l = V(t.name, i.channel), u = [
		"photos",
		"projections",
		"both"
	].find((e) => e === a.get("view")) ?? "both", d = a.get("rf") === "whole" && c.manifest.paths.image !== null, f = a.get("embed"), p = Xt(t, c.manifest.model.input, c.manifest.paths.bands), m = Number(a.get("band")), h = Number.isInteger(m) && m >= 1 && m <= p ? m : 0, g = {
		view: u === "both" ? null : u,
		rf: d ? "whole" : null,
		band: h || null,
		embed: f
	}, _ = (e) => b({ band: e || null }), v = a.has("n") ? Number(a.get("n")) - 1 : null, y = ["overlay", "whole"].find((e) => e === a.get("as")) ?? "pair", b = (e) => s.replace(Xe(l, {
		...g,
		...e
	})), x = {
		view: u,
		show: (e) => b({ view: e === "both" ? null : e }),
		open: (e, t = y) => b({
			n: e + 1,
			as: t === "pair" ? null : t
		}),
		widen: () => b({ rf: d ? null : "whole" }),
		to: (e, t) => Xe(V(e, t), g)
	}, [S, C] = P(0), w = Ci(e, Math.min(S, Math.max(0, i.images.length - 1)), x);
	F(() => C(0), [l]), F(() => {
		o || bi(c, t, i.channel);
		for (let e of [1, -1]) {
			let n = w(e);
			n !== null && xi(c, t, n);
		}
	}, [l]);
	let [T, E] = [w(-1), w(1)], ee = L(() => /* @__PURE__ */ K(oi, {
		layer: t,
		data: n,
		shard: r,
		unit: i,
		note: f === null
	}), [
		i,
		n,
		f
	]);
	return /* @__PURE__ */ K("article", {
		class: "unit-page",
		"aria-label": `Unit ${t.name}:${i.channel}`,
		children: [
			/* @__PURE__ */ K("div", {
				class: "page-head",
				children: [/* @__PURE__ */ K("div", { children: [
					/* @__PURE__ */ K("h1", { children: /* @__PURE__ */ K(q, { text: `${t.name}:${i.channel}` }) }),
					i.name !== void 0 && /* @__PURE__ */ K("p", {
						class: "unit-name",
						children: /* @__PURE__ */ K(q, {
							text: i.name,
							plain: !0
						})
					}),
					/* @__PURE__ */ K("p", {
						class: "lead",
						children: [
							"unit ",
							i.channel,
							" of ",
							/* @__PURE__ */ K("a", {
								href: B(t.name, { at: i.channel }),
								children: t.channels
							}),
							" · ",
							t.op,
							" · ",
							Et(t),
							" · receptive field ",
							Ot(t)
						]
					})
				] }), /* @__PURE__ */ K("div", {
					class: "steps",
					children: [
						f === null && /* @__PURE__ */ K(Ti, { unit: `${t.name}:${i.channel}` }),
						T !== null && /* @__PURE__ */ K("a", {
							href: x.to(t.name, T),
							"aria-label": `Previous unit, ${T}`,
							title: "Previous unit (←)",
							children: "←"
						}),
						E !== null && /* @__PURE__ */ K("a", {
							href: x.to(t.name, E),
							"aria-label": `Next unit, ${E}`,
							title: "Next unit (→)",
							children: "→"
						})
					]
				})]
			}),
			/* @__PURE__ */ K(Ei, {
				layer: t,
				unit: i
			}),
			i.dead || i.images.length === 0 ? /* @__PURE__ */ K("p", {
				class: "empty",
				children: "This unit is zero at every position of every image of the collection: there is nothing to show."
			}) : /* @__PURE__ */ K(on, {
				layer: t,
				shard: r,
				unit: i,
				view: u,
				show: x.show,
				whole: d,
				widen: x.widen,
				band: h,
				choose: _,
				active: S,
				activate: C,
				open: x.open
			}),
			!i.dead && i.images.length > 0 && (f === null || f === "all") && /* @__PURE__ */ K($t, {
				layer: t,
				unit: i,
				change: _
			}),
			f === null && /* @__PURE__ */ K(qr, {
				layer: t,
				shard: r,
				unit: i
			}),
			(f === null || f === "all") && ee,
			v !== null && v >= 0 && v < i.images.length && !i.dead && /* @__PURE__ */ K(Yr, {
				layer: t,
				shard: r,
				unit: i,
				rank: v,
				mode: y,
				go: x.open,
				close: () => b({})
			})
		]
	});
}
function Ti({ unit: e }) {
	let t = zn(), n = t.has(e);
	return /* @__PURE__ */ K("button", {
		class: n ? "icon star on" : "icon star",
		type: "button",
		"aria-pressed": n,
		"aria-label": "Mark this unit",
		title: "Mark this unit (m)",
		onClick: () => t.toggle(e),
		children: n ? "★" : "☆"
	});
}
function Ei({ layer: e, unit: t }) {
	let n = [
		["Maximum", Z(t.maximum)],
		["Mean", Z(t.mean)],
		["Active", Tt(t.active)]
	];
	return t.selectivity !== void 0 && n.push(["Class selectivity", Z(t.selectivity)]), t.nan && n.push(["NaN", String(t.nan)]), /* @__PURE__ */ K("dl", {
		class: "stats",
		"aria-label": `Numbers of ${e.name}:${t.channel}`,
		children: n.map(([e, t]) => /* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: e }), /* @__PURE__ */ K("dd", { children: t })] }, e))
	});
}
// src/app.tsx
function Di(e) {
	let [t, n] = P(e.hash());
	return F(() => {
		let t = () => n(e.hash());
		return t(), e.subscribe(t);
	}, [e]), L(() => Ye(t), [t]);
}
function Oi({ host: e, router: t, root: n }) {
	let [r, i] = P(null), [a, o] = P(null), [s, c] = P(""), l = Di(t), u = Ge(n, e.kind !== "notebook"), d = L(() => ({
		router: t,
		root: n,
		listen: u,
		toast: c,
		toggleTheme: () => Ke(n)
	}), [
		t,
		n,
		u
	]), f = L(() => Ln(r?.manifest ?? null), [r]);
	return F(() => {
		ot(e, "").then(i, (e) => o(e.message));
	}, [e]), F(() => {
		if (!s) return;
		let e = setTimeout(() => c(""), 4e3);
		return () => clearTimeout(e);
	}, [s]), a ? /* @__PURE__ */ K(Y, {
		title: "This atlas cannot be shown",
		children: a
	}) : r ? /* @__PURE__ */ K(ze.Provider, {
		value: d,
		children: /* @__PURE__ */ K(rt.Provider, {
			value: r,
			children: [/* @__PURE__ */ K(Rn.Provider, {
				value: f,
				children: /* @__PURE__ */ K(Ai, {
					route: l,
					shell: d,
					atlas: r
				})
			}), /* @__PURE__ */ K("div", {
				class: "toast",
				role: "status",
				"aria-live": "polite",
				"data-shown": s !== "",
				children: s
			})]
		})
	}) : /* @__PURE__ */ K(X, { what: "the atlas" });
}
function ki(e, t, n) {
	let r = (t) => () => e.root.querySelector(`#${t}`)?.focus(), i = () => {
		let n = Math.floor(Math.random() * t.manifest.units), r = 0;
		for (let i of t.manifest.layers) {
			if (n < r + i.channels) {
				let a = t.manifest.subset?.[i.name];
				e.router.go(V(i.name, a ? a[(n - r) % a.length] ?? 0 : n - r));
				return;
			}
			r += i.channels;
		}
	};
	F(() => e.listen({
		"?": n,
		d: () => e.toggleTheme(),
		g: r("jump"),
		"/": () => (e.root.querySelector("#search") ?? e.root.querySelector("#jump"))?.focus(),
		x: i,
		Escape: () => {
			let t = e.root.querySelector("input:focus,select:focus,textarea:focus");
			t ? t.blur() : e.root.querySelector("#up")?.click();
		}
	}), [e, t]);
}
function Ai({ route: e, shell: t, atlas: n }) {
	let [r, i] = P(!1), a = I(null), o = I(!0);
	ki(t, n, () => i((e) => !e));
	let s = `${e.page}/${e.rest}`, c = $e(e);
	return F(() => {
		let r = {
			home: n.manifest.model.name,
			images: "Images",
			compare: "Compare",
			experiments: "Experiments"
		}[e.page];
		t.router.link("") && (document.title = `${r ?? e.rest} – convscope atlas`), o.current ? o.current = !1 : t.router.walking() || (e.query.has("at") || t.root.scrollIntoView({
			block: "start",
			behavior: "instant"
		}), a.current?.focus({ preventScroll: !0 }));
	}, [s]), /* @__PURE__ */ K(b, { children: [
		!c && /* @__PURE__ */ K(yt, {
			route: e,
			help: () => i(!0)
		}),
		/* @__PURE__ */ K("main", {
			id: "main",
			tabIndex: -1,
			ref: a,
			children: /* @__PURE__ */ K(Mi, { route: e })
		}, e.page),
		c && /* @__PURE__ */ K(ji, {
			route: e,
			atlas: n
		}),
		/* @__PURE__ */ K("p", {
			class: "heard",
			role: "status",
			children: e.page === "unit" ? `Unit ${e.rest}` : ""
		}),
		r && /* @__PURE__ */ K(St, { close: () => i(!1) })
	] });
}
function ji({ route: e, atlas: t }) {
	return /* @__PURE__ */ K("footer", {
		class: "source",
		children: [
			/* @__PURE__ */ K("a", {
				href: `#/u/${encodeURI(e.rest)}`,
				target: "_blank",
				rel: "noreferrer",
				children: "Open in the atlas"
			}),
			" ",
			/* @__PURE__ */ K("span", {
				class: "quiet",
				children: [
					"of ",
					t.manifest.model.name,
					", made with convscope"
				]
			})
		]
	});
}
function Mi({ route: e }) {
	switch (e.page) {
		case "home": return /* @__PURE__ */ K(Un, {});
		case "layer": return /* @__PURE__ */ K(Gr, {
			name: e.rest,
			query: e.query
		}, e.rest);
		case "unit": {
			let t = et(e.rest);
			return t ? /* @__PURE__ */ K(Si, {
				layer: t.layer,
				channel: t.channel,
				query: e.query
			}) : /* @__PURE__ */ K(Y, {
				title: "No such unit",
				children: [
					"“",
					e.rest,
					"” is not a unit. Units are written layer:number, such as features.8:174."
				]
			});
		}
		case "images": return /* @__PURE__ */ K(ar, { query: e.query });
		case "image": return /* @__PURE__ */ K($n, { number: Number(e.rest) }, e.rest);
		case "compare": return /* @__PURE__ */ K(xn, { query: e.query });
		case "experiments": return /* @__PURE__ */ K(Tn, {});
		case "experiment": return /* @__PURE__ */ K(An, { name: e.rest });
		default: return /* @__PURE__ */ K(Y, {
			title: "Not here",
			children: "This address leads nowhere in the atlas."
		});
	}
}
// src/style.css?inline
var Ni = ":root,.convscope-box{color-scheme:light dark;--page:light-dark(#fbfbfa,#131416);--panel:light-dark(#fff,#1b1d20);--sunk:light-dark(#f1f1ef,#232529);--line:light-dark(#e1e1de,#33363b);--ink:light-dark(#1b1c1e,#ececea);--soft:light-dark(#5b5e63,#a5a8ad);--accent:light-dark(#0a5c8a,#6fc1ee);--accent-fill:light-dark(#0f74ad,#4aa9de);--accent-soft:light-dark(#e3f0f8,#17303f);--negative:light-dark(#b3471d,#f0935f);--warn:light-dark(#fff6e0,#332a14);--grey:gray;--mark:#ffd34d;--star:light-dark(#9a6a00,#ffd34d);--mono:ui-monospace, \"SF Mono\", \"Cascadia Mono\", Menlo, Consolas, \"DejaVu Sans Mono\", monospace;background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%;overflow-wrap:anywhere;scroll-padding-top:8rem;font:15px/1.5 system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Liberation Sans,sans-serif}[data-theme=light]{color-scheme:light}[data-theme=dark]{color-scheme:dark}*,:before,:after{box-sizing:border-box}body{margin:0}.convscope-box{border:1px solid var(--line);border-radius:8px;outline:none;position:relative;overflow:auto}#app,.convscope-box{min-width:0}h1,h2,h3,p,dl,dd,ul,ol,figure{margin:0;padding:0}h1{letter-spacing:-.012em;overflow-wrap:anywhere;font-size:1.6rem;font-weight:650;line-height:1.25}h2{font-size:1rem;font-weight:640}h3{font-size:.86rem;font-weight:600}a{color:var(--accent);text-underline-offset:2px;text-decoration-thickness:1px}.lead{color:var(--soft);max-width:78ch;margin-top:.2rem;font-size:1.02rem}.quiet,.note,small,.op,.hint{color:var(--soft)}.note{max-width:72ch;margin:.1rem 0 .7rem;font-size:.84rem}small{font-size:.8rem;line-height:1.3;display:block}.op{font-size:.84rem}.number,output,.figure{font-variant-numeric:tabular-nums}code,kbd{font-family:var(--mono);font-size:.88em}code{background:var(--sunk);overflow-wrap:anywhere;border-radius:4px;padding:.05em .3em}.hash{background:0 0;padding:0}kbd{border:1px solid var(--line);background:var(--sunk);white-space:nowrap;border-bottom-width:2px;border-radius:5px;padding:.1em .45em}.name{overflow-wrap:anywhere}.cut-name{text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom;max-width:100%;display:inline-block;overflow:hidden}h1 .cut-name{max-width:min(100%,40ch)}.prose{overflow-wrap:anywhere;max-width:72ch;margin:.6rem 0}.heard{clip-path:inset(50%);white-space:nowrap;width:1px;height:1px;position:absolute;overflow:hidden}.skip{position:absolute;left:-99rem}.skip:focus{z-index:60;background:var(--panel);padding:.4rem .8rem;top:.5rem;left:1rem}:focus-visible{outline:2px solid var(--accent-fill);outline-offset:2px;border-radius:3px}main:focus{outline:none}button,.button,input,select{font:inherit;color:inherit}button,.button{background:var(--panel);border:1px solid var(--line);cursor:pointer;color:var(--ink);border-radius:7px;align-items:center;min-height:2.1rem;padding:.28rem .75rem;text-decoration:none;display:inline-flex}button:hover,.button:hover{border-color:var(--soft)}button:disabled{opacity:.45;cursor:default}input,select{background:var(--panel);border:1px solid var(--line);border-radius:7px;max-width:100%;min-height:2.1rem;padding:.28rem .6rem}input[type=range]{min-height:0;accent-color:var(--accent-fill);border:0;padding:0}input::placeholder{color:var(--soft);opacity:1}.icon{justify-content:center;width:2.1rem;min-width:2.1rem;padding:0}.icon svg{fill:none;stroke:currentColor;stroke-width:2px;width:1.1rem;height:1.1rem}.icon .shaded{fill:currentColor;stroke:none}.choice{border:1px solid var(--line);background:var(--sunk);border-radius:8px;gap:2px;padding:2px;display:inline-flex}.choice button{min-height:1.75rem;color:var(--soft);white-space:nowrap;background:0 0;border:0;border-radius:6px;padding:.1rem .65rem}.choice button[aria-pressed=true]{background:var(--panel);color:var(--ink);box-shadow:0 0 0 1px var(--line)}.top{border-bottom:1px solid var(--line);background:color-mix(in srgb, var(--page) 92%, transparent);-webkit-backdrop-filter:blur(8px);backdrop-filter:blur(8px);z-index:20;flex-wrap:wrap;align-items:center;gap:.5rem .9rem;padding:.55rem max(clamp(.8rem,3vw,2rem),50% - 700px + 2rem);display:flex;position:sticky;top:0}.brand{color:var(--ink);letter-spacing:-.01em;align-items:center;gap:.5rem;font-weight:680;text-decoration:none;display:inline-flex}.brand svg{fill:none;width:1.35rem;height:1.35rem;stroke:var(--accent-fill);stroke-width:2px}.brand circle{fill:var(--accent-fill);stroke:none}.sections{flex:1;gap:.2rem;min-width:0;display:flex}.sections a{white-space:nowrap;color:var(--soft);border-radius:6px;padding:.25rem .6rem;text-decoration:none}.sections a:hover{color:var(--ink);background:var(--sunk)}.sections a[aria-current]{color:var(--ink);font-weight:600}.jump input{width:13rem}.trail{min-width:0;color:var(--soft);flex-basis:100%;gap:.45rem;font-size:.88rem;display:flex}.trail>*{min-width:0}.trail>*+:before{content:\"›\";color:var(--soft);margin-right:.45rem;text-decoration:none;display:inline-block}.trail>:is(a,span){align-items:baseline;max-width:40ch;text-decoration:none;display:inline-flex}.trail a:hover .name{text-decoration:underline}main{outline:none;max-width:1400px;margin:0 auto;padding:1.4rem clamp(.8rem,3vw,2rem) 4rem}.page-head{justify-content:space-between;align-items:flex-start;gap:1rem;margin-bottom:.9rem;display:flex}.page-head>div:first-child{min-width:0}.steps{flex:none;gap:.4rem;display:flex}.steps a{border:1px solid var(--line);background:var(--panel);width:2.3rem;height:2.3rem;color:var(--ink);border-radius:8px;place-items:center;text-decoration:none;display:grid}.steps a:hover{border-color:var(--soft)}.panel{background:var(--panel);border:1px solid var(--line);border-radius:10px;min-width:0;padding:.95rem 1.1rem 1.1rem}.panel>h2+:not(.note){margin-top:.6rem}.warning{background:var(--warn);margin:1rem 0}.warning ul{margin-top:.4rem;padding-left:1.2rem}.cards{grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:1rem;margin-top:1.6rem;display:grid}.facts{gap:.45rem;font-size:.92rem;display:grid}.facts div{grid-template-columns:6.5rem minmax(0,1fr);gap:.6rem;display:grid}dt{color:var(--soft)}dd{overflow-wrap:anywhere;min-width:0}.empty,.problem{text-align:center;color:var(--soft);border:1px dashed var(--line);border-radius:10px;margin-top:1rem;padding:2.5rem 1rem}.problem{border:0;max-width:60ch;margin:3rem auto}.problem h1{color:var(--ink)}.problem .lead{overflow-wrap:anywhere;margin:.6rem auto 1rem}.loading{padding:2rem 0}.chips{flex-wrap:wrap;gap:.4rem;display:flex}.chip{border:1px solid var(--line);background:var(--sunk);border-radius:99px;max-width:100%;padding:.15rem .75rem;text-decoration:none}details>summary{cursor:pointer}.toast{background:var(--ink);color:var(--page);z-index:60;overflow-wrap:anywhere;opacity:0;pointer-events:none;border-radius:8px;max-width:min(90vw,60ch);padding:.5rem 1rem;transition:opacity .15s;position:fixed;bottom:1.4rem;left:50%;translate:-50%}.toast[data-shown=true]{opacity:1}.tile{background-color:var(--grey);-webkit-print-color-adjust:exact;print-color-adjust:exact;background-repeat:no-repeat;flex:none;display:block;box-shadow:inset 0 0 0 1px #8883}.tile.projection{filter:contrast(var(--boost,3))}.sharp,.cut.sharp image{image-rendering:pixelated}.tile.none{background:repeating-linear-gradient(45deg, var(--sunk) 0 4px, var(--line) 4px 5px);width:32px;height:32px}.pair{justify-content:center;align-items:center;gap:3px;display:flex}.caption{font-variant-numeric:tabular-nums;justify-content:space-between;gap:.4rem;min-width:0;font-size:.8rem;line-height:1.3;display:flex}.caption b{text-overflow:ellipsis;white-space:nowrap;min-width:0;font-weight:600;overflow:hidden}.caption span{color:var(--soft);white-space:nowrap}.whole,.cut{background:var(--sunk);width:100%;display:block}.whole .beyond,.cut .beyond{fill:var(--grey)}.whole .missing{fill:var(--sunk)}.whole .shade{fill:#000;opacity:.38}.whole .field,.whole .field-halo{fill:none;stroke:var(--mark);stroke-width:2px;vector-effect:non-scaling-stroke}.whole .field-halo{stroke:#000;stroke-width:4px;opacity:.55}.map-head{flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.6rem;margin:1.6rem 0 .7rem;display:flex}.map{gap:.45rem;list-style:none;display:grid;position:relative}.map:before{content:\"\";background:var(--line);width:2px;position:absolute;top:1rem;bottom:1rem;left:1.05rem}.station{min-width:0;padding-left:2.3rem;position:relative}.station:before{content:\"\";background:var(--page);border:3px solid var(--accent-fill);border-radius:50%;width:.85rem;height:.85rem;margin-top:-.43rem;position:absolute;top:50%;left:.66rem}.station>a{background:var(--panel);border:1px solid var(--line);color:var(--ink);border-radius:10px;grid-template-columns:minmax(9rem,1.3fr) 8.2rem 8rem 7.4rem auto;align-items:center;gap:.4rem 1.1rem;padding:.6rem 1rem;text-decoration:none;display:grid}.station>a:hover,.station.current>a{border-color:var(--accent-fill)}.station.current>a{box-shadow:0 0 0 1px var(--accent-fill)}.station-name{min-width:0;display:grid}.station-name b{min-width:0;font-weight:620}.station-field{font-variant-numeric:tabular-nums;align-items:center;gap:.6rem;display:flex}.station-told{text-align:right;font-variant-numeric:tabular-nums;color:var(--soft);display:grid}.station-told>*{font-size:.88rem}.station-told small{white-space:nowrap}.station-told .some{color:var(--negative);font-weight:600}.caution{border-left:3px solid var(--negative);max-width:60rem;margin:.4rem 0;padding-left:.7rem}.glyph{flex:none;width:34px;height:34px}.glyph .frame{fill:var(--sunk);stroke:var(--line)}.glyph .filled{fill:var(--accent-fill);opacity:.75}.strip{gap:2px;display:grid;overflow:hidden}.strip>span{gap:2px;display:flex}.passed{color:var(--soft);padding-left:2.3rem;font-size:.85rem;position:relative}.passed ul{gap:.2rem;padding:.5rem 0 .5rem 1rem;list-style:none;display:grid}.passed li{flex-wrap:wrap;gap:.2rem 1rem;display:flex}.passed .name{min-width:16rem}.bar{border-block:1px solid var(--line);flex-wrap:wrap;align-items:center;gap:.6rem .9rem;margin-bottom:.7rem;padding:.7rem 0;font-size:.9rem;display:flex}.contrast{color:var(--soft);align-items:center;gap:.45rem;font-size:.9rem;display:inline-flex}.bar label,.range{color:var(--soft);align-items:center;gap:.45rem;display:inline-flex}.bar select{max-width:15rem}.bar :is(input,select){color:var(--ink)}.range{flex-wrap:wrap}.range>span{white-space:nowrap}.bar .few{width:5.6rem}.bar .find{width:11rem}.count{white-space:nowrap;margin-left:auto;font-weight:600}.virtual{margin-inline:-7px;list-style:none;position:relative}.layer-map .virtual{margin-inline:0}.virtual>li{position:absolute}.unit{color:var(--ink);background:0 0;border:1px solid #0000;border-radius:8px;align-content:start;gap:.2rem;width:100%;height:100%;min-height:0;padding:5px 6px 4px;text-decoration:none;display:grid}button.unit{align-items:start;display:grid}.unit .pair{min-height:0}.unit:hover{background:var(--panel);border-color:var(--line)}.virtual>.current .unit{background:var(--accent-soft);border-color:var(--accent-fill)}.unit.dead .pair{opacity:.35}.unit:focus-visible{outline-offset:-1px;border-radius:8px}.thumb img{aspect-ratio:1;object-fit:cover;background:var(--grey);border-radius:4px;width:100%;height:auto}.thumb small{min-width:0;overflow:hidden}.unit-name{font-size:1.1rem;font-weight:600}.stack{grid-template-rows:1fr auto;align-content:start;gap:1rem;min-width:0;display:grid}.stats{flex-wrap:wrap;gap:.4rem 2rem;margin-bottom:1.1rem;display:flex}.stats div{align-items:baseline;gap:.5rem;display:flex}.stats dt{font-size:.85rem}.stats dd{font-variant-numeric:tabular-nums;font-weight:640}.examples{grid-template-columns:minmax(0,1fr) minmax(0,19rem);align-items:start;gap:.8rem 2rem;display:grid}.examples-bar{flex-wrap:wrap;grid-column:1/-1;align-items:center;gap:.5rem 1rem;display:flex}.hint{font-size:.84rem}.panels{gap:1.4rem;min-width:0;display:grid}.panels-2{grid-template-columns:repeat(2,minmax(0,1fr))}figcaption{color:var(--soft);margin-bottom:.4rem;font-size:.84rem}.nine{justify-content:start;gap:4px;display:grid}.cell{cursor:zoom-in;background:0 0;border:0;border-radius:0;min-height:0;padding:0;display:block;position:relative}.cell.active:after{content:\"\";border:2px solid var(--mark);pointer-events:none;position:absolute;inset:-2px;box-shadow:0 0 0 1px #000,inset 0 0 0 1px #0008}.cell:focus-visible{outline-offset:1px;z-index:2}.looked{min-width:0}.looked dl{gap:.15rem;margin-top:.6rem;font-size:.9rem;display:grid}.looked dl div{grid-template-columns:5.2rem minmax(0,1fr);gap:.5rem;display:grid}.actions{flex-wrap:wrap;gap:.5rem;margin:1.3rem 0 1.4rem;display:flex}.details{grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1rem;display:grid}.wide>.note{max-width:none}:is(h1,.lead)+.bar{margin-top:.9rem}.details .wide{grid-column:1/-1}.histogram{width:100%;height:auto;display:block;overflow:visible}.histogram .bar{fill:var(--accent-fill);opacity:.75}.histogram .axis{stroke:var(--line)}.histogram .mark{fill:var(--negative)}.histogram text{fill:var(--soft);font-size:14px}.bars,.joints{gap:.35rem;font-size:.9rem;list-style:none;display:grid}.bars li{grid-template-columns:minmax(0,10rem) 1fr 4.4rem;align-items:center;gap:.7rem;display:grid}.joints li{grid-template-columns:34px minmax(0,12rem) minmax(3.4rem,1fr) 4.4rem;align-items:center;gap:.7rem;display:grid}.joints.bare li{grid-template-columns:minmax(0,1fr) 3.4rem 4.4rem}.joint-name,.joint-name a{white-space:nowrap;min-width:0;display:flex}.joint-name span{text-overflow:ellipsis;white-space:nowrap;overflow:hidden}.bars .number,.joints .number{text-align:right}.tuning{gap:.35rem;font-size:.9rem;list-style:none;display:grid}.tuning li{grid-template-columns:minmax(0,9rem) 1fr 3rem;align-items:center;gap:.7rem;display:grid}.tuning .differs{font-weight:600}.tuning .number{text-align:right;white-space:nowrap}.tuning-track{background:var(--sunk);border-radius:3px;height:.8rem;position:relative}.tuning-track i{position:absolute;top:0;bottom:0}.tuning-track .middle{background:var(--line);border-radius:3px}.tuning-track .interval{background:var(--ink);top:calc(50% - 1px);bottom:calc(50% - 1px)}.tuning-track .dot{background:var(--accent-fill);border-radius:50%;width:.6rem;height:.6rem;margin-left:-.3rem;top:.1rem}.bar-name{text-overflow:ellipsis;white-space:nowrap;min-width:0;overflow:hidden}.bar-track{background:var(--sunk);border-radius:3px;height:.6rem;overflow:hidden}.bar-track>span{background:var(--accent-fill);height:100%;display:block}.bar-track.negative>span{background:var(--negative)}.tiles{flex-wrap:wrap;gap:.7rem;list-style:none;display:flex}.tiles li{position:relative}.tiles li>a:first-child{color:var(--ink);border-radius:4px;gap:.15rem;text-decoration:none;display:grid}.tiles li>a:first-child:hover .caption b{text-decoration:underline}.versus{color:#fff;opacity:0;background:#000b;padding:0 .35rem;font-size:.8rem;text-decoration:none;position:absolute;top:0;right:0}.tiles li:hover .versus,.versus:focus-visible{opacity:1}.bands{grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:1rem 1.6rem;display:grid}.band-row{gap:.5rem;min-height:5.4rem;margin-top:.35rem;display:flex}.band-row .quiet{font-size:.85rem}.band-row a{width:72px;color:var(--soft);align-content:start;gap:.1rem;font-size:.8rem;text-decoration:none;display:grid}.channels-panel{margin-block:1.4rem}.channels{flex-wrap:wrap;gap:.5rem;margin:0;padding:0;list-style:none;display:flex}.plain-button{cursor:pointer;background:0 0;border:0;justify-items:center;gap:3px;min-height:0;padding:0;display:grid}.plain-button .number{color:var(--soft);font-size:.8rem}.control{flex-wrap:wrap;align-items:flex-end;gap:1rem;display:flex}.control figcaption{margin:.3rem 0 0}.control p{align-self:center;max-width:12rem;font-size:.85rem;display:grid}.figure{font-size:1.7rem;font-weight:640;line-height:1.1}.plain{gap:.3rem;list-style:none;display:grid}.star{color:var(--star)}.icon.star{width:2.3rem;height:2.3rem;color:var(--soft);border-radius:8px;font-size:1.15rem}.icon.star.on{color:var(--star);border-color:var(--star)}.caption .star{color:var(--star);margin-left:.25rem}.toggle[aria-pressed=true]{background:var(--accent-soft);border-color:var(--accent-fill)}textarea{font:inherit;color:inherit;background:var(--page);border:1px solid var(--line);resize:vertical;border-radius:7px;width:100%;padding:.4rem .6rem}textarea::placeholder{color:var(--soft);opacity:1}.missing-picture{grid-column:1/-1;margin:0}.nine .whole{cursor:inherit}.whole text{fill:var(--soft)}.source{padding:.6rem clamp(.8rem,3vw,2rem) 1rem;font-size:.88rem}.marked{margin-top:1.6rem}.marked .tiles li{max-width:9.5rem}.marked .actions{margin:.9rem 0 0}label.button:focus-within{outline:2px solid var(--accent-fill);outline-offset:2px}.spread{cursor:crosshair;touch-action:none;border-radius:4px;flex:none;overflow:hidden}.spread .ground{fill:var(--sunk)}.spread .bar{fill:var(--accent-fill);opacity:.8}.spread .bar.out{fill:var(--soft);opacity:.3}.layer-map{grid-template-columns:minmax(0,1fr) 16.5rem;align-items:start;gap:1.4rem;display:grid}.map-look{gap:.7rem;display:grid;position:sticky;top:6.6rem}.map-pair{flex-wrap:wrap;gap:4px;display:flex}.unit.mini{border:0;border-radius:0;padding:0}.virtual>.current .mini{box-shadow:0 0 0 2px var(--mark), 0 0 0 3px #000;z-index:1;background:0 0;position:relative}.modal{z-index:50;background:#0009;place-items:center;padding:1rem;display:grid;position:fixed;inset:0;overflow:auto}.sheet{background:var(--panel);border:1px solid var(--line);border-radius:12px;min-width:0;max-width:min(96vw,1250px);max-height:94vh;padding:1.2rem 1.4rem 1.4rem;position:relative;overflow:auto}.sheet>.close{position:absolute;top:.8rem;right:.8rem}.close{font-size:1.2rem;line-height:1}.narrow{max-width:34rem}.narrow ul{gap:.4rem;margin-top:.6rem;padding-left:1.2rem;display:grid}.narrow p{margin-top:.6rem}.help .columns{grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1.2rem 2.2rem;margin-top:.8rem;display:grid}.help dl{gap:.35rem;margin-top:.4rem;display:grid}.help dl div{grid-template-columns:8.2rem 1fr;align-items:baseline;gap:.4rem;display:grid}.help dt{color:var(--ink)}.help{width:min(96vw,62rem)}.lightbox{grid-template-rows:auto minmax(0,1fr) auto;padding:.8rem 1rem;display:grid}.lightbox-bar{flex-wrap:wrap;align-items:center;gap:.6rem 1rem;display:flex}.lightbox-bar .close{margin-left:auto}.slider{color:var(--soft);align-items:center;gap:.5rem;font-size:.88rem;display:inline-flex}.zoom{align-items:center;gap:.4rem;display:inline-flex}.zoom output{text-align:center;min-width:3.4rem}.stage{max-height:calc(94vh - 9.5rem);margin:.8rem 0;overflow:auto}.large-pair{justify-content:safe center;gap:6px;display:flex}.overlay{width:fit-content;margin:0 auto;position:relative}.overlay .over{position:absolute;inset:0}.large-whole{margin:0 auto}.lightbox-foot{justify-content:space-between;align-items:center;gap:1rem;min-width:0;display:flex}.lightbox-foot p{text-align:center;min-width:0;font-size:.92rem}.lightbox-foot .cut-name{max-width:22ch}.image-page{grid-template-columns:minmax(0,22rem) minmax(0,1fr);align-items:start;gap:1.4rem 2rem;display:grid}.image-page>div{gap:1rem;display:grid}.sticky{position:sticky;top:6.6rem}.looked figcaption+*{margin-top:0}.sticky figcaption{min-height:1.4em;margin:.5rem 0 0}.path{font-size:.84rem}.image-page details{margin-top:.8rem}.image-page details ul{margin-top:.6rem}.versus-pair{grid-template-columns:repeat(2,minmax(0,1fr));align-items:start;gap:1rem;margin-top:.8rem;display:grid}.measure{font-size:.84rem}.half .panels{grid-template-columns:auto auto;justify-content:start;margin:-3px;padding:3px;overflow-x:auto}.half .note{margin-top:.5rem}.half h2{min-width:0}.compare-bar input{width:13rem}.experiments{grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:1rem;margin-top:1.2rem;list-style:none;display:grid}.experiments a{border:1px solid var(--line);background:var(--panel);color:var(--ink);overflow-wrap:anywhere;border-radius:10px;align-content:start;gap:.25rem;min-width:0;height:100%;padding:.8rem;text-decoration:none;display:grid}.experiments a:hover{border-color:var(--accent-fill)}.experiments img,.no-figure{object-fit:contain;background:#fff;border-radius:6px;width:100%;height:9.5rem;margin-bottom:.3rem;display:block}.no-figure{background:var(--sunk);color:var(--soft);padding:.5rem .8rem;overflow:hidden}.no-figure>span{border-bottom:1px solid var(--line);white-space:nowrap;grid-auto-columns:minmax(0,1fr);grid-auto-flow:column;gap:.8rem;padding:.3rem 0;font-size:.8rem;display:grid}.no-figure>span:first-child{font-weight:600}.no-figure bdi{text-overflow:ellipsis;overflow:hidden}.findings{grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));align-items:start;gap:1rem;margin-top:1rem;display:grid}.findings .result{margin:0}.findings .wide{grid-column:1/-1}.cards.settings{align-items:start}.settings .facts{grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));column-gap:2rem}.settings .facts div{grid-template-columns:12rem minmax(0,1fr);align-items:baseline}.settings .facts dt{overflow-wrap:anywhere}.findings table{width:100%}.findings th+th,.findings td+td{padding-left:1.2rem}.findings .actions{margin:.9rem 0 0}.clamp{-webkit-line-clamp:3;-webkit-box-orient:vertical;font-size:.88rem;display:-webkit-box;overflow:hidden}.result{margin:1rem 0}.result img{border:1px solid var(--line);background:#fff;border-radius:8px;max-width:100%}.scroll{max-height:27rem;overflow:auto}.scroll th{background:var(--panel);position:sticky;top:0}.scroll tbody tr:hover td{background:var(--sunk)}table{border-collapse:separate;border-spacing:0;min-width:min(100%,24rem);font-size:.9rem}th,td{text-align:left;border-bottom:1px solid var(--line);white-space:nowrap;padding:.3rem .9rem .3rem 0}th{color:var(--soft);font-weight:600}th.number,td.number{text-align:right;padding:.3rem 0 .3rem .9rem}@media (width<=1100px){.station>a{grid-template-columns:minmax(8rem,1fr) auto auto auto}.strip{grid-column:1/-1}}@media (width<=820px){.examples,.image-page{grid-template-columns:minmax(0,1fr)}.looked{max-width:24rem}.sticky{position:static}.versus-pair,.layer-map{grid-template-columns:minmax(0,1fr)}.map-look{order:-1;position:static}}@media (width<=560px){:root{font-size:14.5px}h1{font-size:1.3rem}.top{position:static}.sections{flex-basis:100%;order:3;overflow-x:auto}.jump{flex:1}.jump input{width:100%}.panels{gap:.8rem}.half .panels{grid-template-columns:auto}.sections a{padding:.25rem .42rem}.nine{gap:2px}.station,.passed{padding-left:1.5rem}.map:before{left:.42rem}.station:before{left:.05rem}.station>a{grid-template-columns:minmax(0,1fr) auto;padding:.6rem .8rem}.station-told{text-align:left}.count{margin-left:0}.joints li{grid-template-columns:34px minmax(0,1fr) 3rem 4.2rem}.joints.bare li{grid-template-columns:minmax(0,1fr) 3rem 4.2rem}.bars li{grid-template-columns:minmax(0,8rem) 1fr 4.2rem}.sheet{padding:.9rem}.passed .name{min-width:0}}@media (prefers-reduced-motion:reduce){*{scroll-behavior:auto!important;transition:none!important;animation:none!important}}@media print{:root{color-scheme:light;background:#fff}.top,.actions,.steps,.examples-bar,.toast,.modal,.versus{display:none!important}main{max-width:none;padding:0}.panel{break-inside:avoid;border:0;padding:.3rem 0}.examples{grid-template-columns:minmax(0,2.4fr) minmax(0,1fr)}.cell.active:after,.whole .field-halo,section:has(textarea:placeholder-shown){display:none}a{color:inherit;text-decoration:none}}";
// src/widget.tsx
function Pi(e) {
	let t = /* @__PURE__ */ new Map(), n = /* @__PURE__ */ new Map(), r = 0, i = (e, n) => {
		let r = t.get(e.id);
		r && (t.delete(e.id), e.error === void 0 ? n[0] ? r.resolve(URL.createObjectURL(new Blob([n[0]], { type: e.type ?? "" }))) : r.resolve(e.value) : r.reject(Error(e.error)));
	}, a = (n) => new Promise((i, a) => {
		r += 1, t.set(r, {
			resolve: i,
			reject: a
		}), e.send({
			...n,
			id: r
		});
	});
	return e.on("msg:custom", i), {
		host: {
			kind: "notebook",
			readable: !0,
			load: (e, t) => a({
				address: e,
				atlas: t
			}),
			picture: (e, t) => {
				let r = `${t}\n${e}`, i = n.get(r) ?? a({
					picture: e,
					atlas: t
				});
				return n.set(r, i), i;
			}
		},
		close: () => {
			e.off("msg:custom", i);
			for (let e of n.values()) e.then(URL.revokeObjectURL, () => void 0);
		}
	};
}
var Fi = { render({ model: e, el: t }) {
	let n = t.attachShadow({ mode: "open" }), r = document.createElement("style");
	r.textContent = Ni;
	let i = document.createElement("div");
	i.className = "convscope-box", i.tabIndex = -1, i.style.height = `${Number(e.get("height")) || 720}px`, n.append(r, i);
	let a = tt(String(e.get("route") ?? "#/"));
	i.addEventListener("click", (e) => {
		let t = e.composedPath()[0].closest?.("a[href^=\"#/\"]");
		!t || e.ctrlKey || e.metaKey || e.shiftKey || (e.preventDefault(), a.go(t.getAttribute("href") ?? "#/"));
	});
	let { host: o, close: s } = Pi(e);
	return A(/* @__PURE__ */ K(Oi, {
		host: o,
		router: a,
		root: i
	}), i), () => {
		A(null, i), s();
	};
} };
export { Fi as default };
