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
	s && ((n = _({ constructor: d }, r)).__v = r.__v + 1, e.vnode && e.vnode(n), k(s, n, r, t.__n, s.namespaceURI, 32 & r.__u ? [i] : null, a, i || S(r), 32 & r.__u, o), n.__v = r.__v, n.__.__k[n.__i] = n, se(a, n, o), r.__ = r.__e = null, n.__e != i && w(n));
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
	for (c = D(n, t, y, c, b), d = 0; d < b; d++) (h = n.__k[d]) != null && (m = ~h.__i && y[h.__i] || f, h.__i = d, v = k(e, h, m, i, a, o, s, c, l, u), g = h.__e, (m.ref != h.ref || 8 & m.__u) && (m.ref && A(m.ref, null, h, m), h.ref && u.push(h.ref, h.__c || g, h)), _ ||= g, 4 & h.__u ? (c = te(h, c, e, !m.__v), m.__e && (m.__e = null)) : typeof h.type == "function" && v !== void 0 ? c = v : g && (c = g.nextSibling), h.__u &= -21);
	return n.__e = _, c;
}
function D(e, t, n, r, i) {
	var a, o, s, c, l, u, f, p, m, g = n.length, _ = g, v = 0, x = 0, C = e.__k = Array(i);
	for (a = 0; a < i; a++) (o = t[a]) != null && typeof o != "boolean" && typeof o != "function" ? (typeof o != "object" || o.constructor === String ? o = C[a] = y(null, o) : h(o) ? o = C[a] = y(b, { children: o }) : o.constructor === d && o.__b ? o = C[a] = y(o.type, o.props, o.key, o.ref, o.__v) : C[a] = o, c = a + v, o.__ = e, o.__b = e.__b + 1, s = null, ~(l = o.__i = O(o, n, c, _)) && (_--, (s = n[l]) && (s.__u |= 2)), s && s.__v ? (o.__u |= 16, l == c - 1 ? v-- : l == c + 1 ? v++ : l != c && (l > c ? v-- : v++, x = 1)) : (~l || (i > g ? v-- : i < g && v++), typeof o.type != "function" && (o.__u |= 4))) : C[a] = null;
	if (x) {
		for (u = [], f = [], a = 0; a < i; a++) if ((o = C[a]) && 16 & o.__u) {
			for (v = 0, p = u.length; v < p;) u[m = v + p >> 1] < o.__i ? v = m + 1 : p = m;
			u[v] = o.__i, f[a] = v + 1;
		}
		for (v = u.length; a--;) f[a] && (f[a] == v ? v-- : C[a].__u |= 4);
	}
	if (_) for (a = 0; a < g; a++) !(s = n[a]) || 2 & s.__u || (s.__e == r && (r = S(s)), le(s, s));
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
function O(e, t, n, r) {
	var i, a = e.key, o = e.type, s = t[n], c = s && !(2 & s.__u);
	if (s === null && a == null || c && a == s.key && o == s.type) return n;
	if (r > +!!c) {
		for (i = n - 1; i >= 0; i--) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
		for (i = n + 1; i < t.length; i++) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
	}
	return -1;
}
function ne(e, t, n) {
	n ??= "", t[0] == "-" ? e.setProperty(t, n) : e[t] = n;
}
function re(e, t, n, r, i) {
	var a, o;
	if (t == "style") {
		if (typeof n == "string") e.style.cssText = n;
		else {
			if (typeof r == "string" && (e.style.cssText = r = ""), r) for (t in r) n && t in n || ne(e.style, t);
			if (n) for (t in n) r && n[t] == r[t] || ne(e.style, t, n[t]);
		}
	} else if (t[0] == "o" && t[1] == "n") typeof n != "function" && (n = null), typeof r != "function" && (r = null), (e.__e ||= {})[t] = n, n && r || (o = l[t] || (l[t] = ie(t)), (e.__a ||= {})[t] = c, a = t != (t = t.replace(s, "$1")), (t = t.slice(2))[0] < "a" && (t = t.toLowerCase()), n ? e.addEventListener(t, o, a) : e.removeEventListener(t, o, a));
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
function ie(t) {
	return function(n) {
		var r = this.__e;
		if (r) {
			if (r = r[t], n[o] == null) n[o] = c++;
			else if (n[o] < this.__a[t]) return;
			return r(e.event ? e.event(n) : n);
		}
	};
}
function k(t, n, r, i, a, o, s, c, l, u) {
	var f, m, g, y, C, w, T, E, D, te, O, ne, re, ie, k, se, A, j, M = n.type;
	if (n.constructor !== d) return null;
	128 & r.__u && (l = 32 & r.__u, f = r.__c.__z) && (n.__u |= l, m = o = [], f.nodeType == 8 ? c = ae(f, o) : o.push(f), c = o[0] || c), (f = e.__b) && f(n);
	n: if (typeof M == "function") {
		g = s.length;
		try {
			if (E = n.props, D = (f = M.prototype) && f.render, te = (f = M.contextType) && i[f.__c], O = f ? te ? te.props.value : f.__ : i, (y = r.__c) ? (n.__c = y, 2 & y.__g && (y.__g |= 1)) : (D ? n.__c = y = new M(E, O) : (n.__c = y = new x(E, O), y.constructor = M, y.render = ue), te && te.sub(y), y.state || (y.state = {}), y.__n = i, y.__g |= 8, y.__h = [], y.__k = []), D && (y.__s || (y.__s = y.state), M.getDerivedStateFromProps && (y.__s == y.state && (y.__s = _({}, y.__s)), _(y.__s, M.getDerivedStateFromProps(E, y.__s)))), C = y.props, w = y.state, y.__v = n, r.__c) {
				if (E !== C && D && !M.getDerivedStateFromProps && y.componentWillReceiveProps && y.componentWillReceiveProps(E, O), n.__v == r.__v && !(8 & y.__g) || !(4 & y.__g) && y.shouldComponentUpdate && !1 === y.shouldComponentUpdate(E, y.__s, O)) {
					n.__v != r.__v && (y.props = E, y.state = y.__s, y.__g &= -9), n.__e = r.__e, n.__k = r.__k, n.__k.some(function(e) {
						e && (e.__ = n);
					}), p.push.apply(y.__h, y.__k), y.__k = [], y.__h.length && s.push(y), c = S(r);
					break n;
				}
				y.componentWillUpdate && y.componentWillUpdate(E, y.__s, O), D && y.componentDidUpdate && y.__h.push(function() {
					y.componentDidUpdate(C, w, T);
				});
			} else D && !M.getDerivedStateFromProps && y.componentWillMount && y.componentWillMount(), D && y.componentDidMount && y.__h.push(y.componentDidMount);
			y.context = O, y.props = E, y.__P = t, y.__g &= -5, ne = e.__r, re = D ? 25 : 0;
			do
				y.__g &= -9, ne && ne(n), f = y.render(y.props, y.state = y.__s, y.context);
			while (8 & y.__g && ++re < 25);
			D && (p.push.apply(y.__h, y.__k), y.__k = []), y.state = y.__s, y.getChildContext && (i = _({}, i, y.getChildContext())), D && r.__c && y.getSnapshotBeforeUpdate && (T = y.getSnapshotBeforeUpdate(C, w)), ie = f && f.type === b && f.key == null ? f.props.children : f, E.__P && (f = c, a = (t = E.__P).namespaceURI, l = o = null, r.props && r.props.__P != t && (r.__k.some(function(e) {
				e && le(e, e);
			}), r.__k = null), c = r.__k ? S(r, 0) : null), c = ee(t, h(ie) ? ie : [ie], n, r, i, a, o, s, c, l, u), E.__P && (n.__e = null, c = f), n.__u &= -161, m && m.some(v), y.__h.length && s.push(y), 1 & y.__g && (y.__g &= -4);
		} catch (t) {
			if (s.length = g, n.__v = null, l || o) {
				if (t && t.then) {
					if (n.__u |= 128 | l, o) {
						for (~(A = o.indexOf(c || void 0)) || (A = o.length); (j = o[A - 1]) && j.nodeType == 8;) A--;
						for (; A < o.length; A++) if (j = o[A]) {
							if (o[A] = null, k) {
								if (j == se) break;
							} else {
								if (j.nodeType != 8) break;
								j.data.startsWith("$s") && (se = ae(k = j));
							}
						}
					}
					if (!k) {
						for (; c && c.nodeType == 8 && c.nextSibling;) c = c.nextSibling;
						k = c;
					}
					(f = ae(k = n.__c.__z || (n.__c.__z = k))) ? (n.__e = k, c = f) : n.__e = c, c &&= c.nextSibling;
				} else o && o.some(v);
			} else n.__e = r.__e;
			n.__k ||= r.__k || [], t && t.then || oe(n), e.__e(t, n, r);
		}
	} else c = n.__e = ce(r.__e, n, r, i, a, o, s, l, u, t);
	return (f = e.diffed) && f(n), c;
}
function ae(e, t) {
	if (e && e.nodeType == 8 && e.data.startsWith("$s")) for (var n = 1; e = e.nextSibling;) {
		if (e.nodeType == 8) {
			if (e.data.startsWith("$s")) n++;
			else if (e.data.startsWith("/$s") && !--n) return e;
		}
		t && t.push(e);
	}
}
function oe(e) {
	e && (e.__c && (e.__c.__g |= 4), e.__k && e.__k.some(oe));
}
function se(t, n, r) {
	for (var i = 0; i < r.length;) A(r[i++], r[i++], r[i++]);
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
function ce(t, n, r, i, a, o, s, c, l, u) {
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
		for (d in T) b = T[d], d == "dangerouslySetInnerHTML" ? _ = b : d == "children" || d in E || d == "value" && "defaultValue" in E || d == "checked" && "defaultChecked" in E || re(t, d, null, b, a);
		for (d in E) b = E[d], d == "children" ? y = b : d == "dangerouslySetInnerHTML" ? p = b : d == "value" ? x = b : d == "checked" ? C = b : c && typeof b != "function" || T[d] === b || re(t, d, b, T[d], a);
		p ? (c || _ && (p.__html == _.__html || p.__html == t.innerHTML) || (t.innerHTML = p.__html), n.__k = []) : (_ && (t.textContent = ""), (D == "foreignObject" || a == "http://www.w3.org/1998/Math/MathML" && m.test(D)) && (a = "http://www.w3.org/1999/xhtml"), ee(u, h(y) ? y : [y], n, r, i, a, o, s, o ? o[0] : r.__k && S(r, 0), c, l), o && o.some(v)), c && D != "textarea" || (d = "value", D == "progress" && x == null ? t.removeAttribute(d) : x == null || x === t[d] && (D != "progress" || x) || re(t, d, x, T[d], a), d = "checked", C != null && C != t[d] && re(t, d, C, T[d], a));
	} else T === E || c && t.data == E || (t.data = E);
	return t;
}
function A(t, n, r, i) {
	try {
		typeof t == "function" ? n ? n.__x = t(n) || 1 : (i &&= i.__c || i.__e) && (n = i.__x) && (i.__x = null, typeof n == "function" ? n() : t(null)) : t.current = n;
	} catch (t) {
		e.__e(t, r);
	}
}
function le(t, n, r) {
	var i, a, o, s;
	if (e.unmount && e.unmount(t), !(i = t.ref) || i.current && i.current != t.__e || A(i, null, n, t), i = t.__c) {
		if (i.componentWillUnmount) try {
			i.componentWillUnmount();
		} catch (t) {
			e.__e(t, n);
		}
		i.__P = i.__n = null;
	}
	if (i = t.__k) for (s = 0; s < i.length; s++) i[s] && le(i[s], n, typeof t.type != "function" || r && !t.props.__P);
	!r && (i = t.__c) && (i = i.__z) && (a = ae(i, o = [])) && (i == t.__e && o.some(v), v(a), v(i)), r || v(t.__e), t.__e = t.__c = t.__ = null;
}
function ue(e, t, n) {
	return this.constructor(e, n);
}
function j(t, n) {
	var r, i, a, o;
	e.__ && e.__(t, n), n.nodeType == 9 && (n = n.documentElement), i = (r = t && 32 & t.__u) ? null : n.__k, n.__k = y(b, { children: [t] }), a = [], o = [], k(n, n.__k, i || f, f, n.namespaceURI, i ? null : n.firstChild ? g.call(n.childNodes) : null, a, i ? i.__e : n.firstChild, r, o), se(a, n.__k, o), n.__k.props.children = null;
}
function M(e) {
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
var N, P, de, fe, pe = Object.is, me = 0, he = [], ge = [], F = e, _e = F.__b, ve = F.__r, ye = F.diffed, be = F.__c, xe = F.unmount, Se = F.__;
function Ce(e, t) {
	F.__h && F.__h(P, e, me || t), me = 0;
	var n = P.__H || (P.__H = {
		__: [],
		__h: []
	});
	return e >= n.__.length && n.__.push({}), n.__[e];
}
function I(e) {
	return me = 1, we(Fe, e);
}
function we(e, t, n) {
	var r = Ce(N++, 2);
	if (r.t = e, !r.__c && (r.__ = [n ? n(t) : Fe(void 0, t), function(e) {
		var t = (r.__N || r.__)[0], n = r.t(t, e);
		pe(t, n) || (r.__N = [n, r.__[1]], r.__c.setState({}));
	}], r.__c = P, !P.__f)) {
		P.__f = !0;
		var i = P.shouldComponentUpdate;
		P.shouldComponentUpdate = function(e, t, n) {
			var r = this.__H;
			if (!r) return !0;
			var a = !1, o = this.props != e;
			if (r.__.some(function(e) {
				e.__N && (a = !0, pe(e.__[0], e.__N[0]) || (o = !0));
			}), i) {
				var s = i.call(this, e, t, n);
				return a ? s || o : s;
			}
			return !a || o;
		};
	}
	return r.__;
}
function L(e, t) {
	var n = Ce(N++, 3);
	!F.__s && Pe(n.__H, t) && (n.__P = !0, n.__ = e, n.u = t, P.__H.__h.push(n));
}
function Te(e, t) {
	var n = Ce(N++, 4);
	!F.__s && Pe(n.__H, t) && (n.__P = !1, n.__ = e, n.u = t, P.__h.push(n));
}
function R(e) {
	return me = 5, z(function() {
		return { current: e };
	}, []);
}
function z(e, t) {
	var n = Ce(N++, 7);
	return Pe(n.__H, t) && (n.__ = e(), n.__H = t), n.__;
}
function Ee(e) {
	var t = P.context[e.__c], n = Ce(N++, 9);
	return n.c = e, t ? (n.__ ?? (n.__ = !0, t.sub(P)), t.props.value) : e.__;
}
function De() {
	var e = Ce(N++, 11);
	if (!e.__) {
		for (var t = P.__v; !t.__m && t.__;) t = t.__;
		var n = t.__m || (t.__m = [0, 0]);
		e.__ = "P" + n[0] + "-" + n[1]++;
	}
	return e.__;
}
function Oe() {
	var e;
	do {
		for (; e = ge.shift();) try {
			Me(e);
		} catch (t) {
			F.__e(t, { __: (e = e.__P) && e.__v });
		}
		for (; e = he.shift();) {
			var t = e.__H;
			if (e.__P && t) try {
				t.__h.some(Me), t.__h.some(Ne), t.__h = [];
			} catch (n) {
				t.__h = [], F.__e(n, e.__v);
			}
		}
	} while (ge.length);
}
F.__b = function(e) {
	P = null, _e && _e(e);
}, F.__ = function(e, t) {
	e && t.__k && t.__k.__m && (e.__m = t.__k.__m), Se && Se(e, t);
}, F.__r = function(e) {
	ve && ve(e), N = 0;
	var t = (P = e.__c).__H;
	t && (de == P ? P.__h = [] : (t.__h.some(Me), t.__h.some(Ne), N = 0), t.__h = [], t.__.some(function(e) {
		e.__N && (e.__ = e.__N), e.u = e.__N = void 0;
	})), de = P;
}, F.diffed = function(e) {
	ye && ye(e);
	var t = e.__c;
	t && t.__H && (t.__H.__h.length && je(he.push(t)), t.__H.__.some(function(e) {
		e.u && (e.__H = e.u);
	})), de = P = null;
}, F.__c = function(e, t) {
	t.some(function(e) {
		try {
			e.__h.some(Me), e.__h = e.__h.filter(function(e) {
				return !e.__ || Ne(e);
			});
		} catch (t) {
			e.__h = [function() {
				throw t;
			}];
		}
	}), be && be(e, t);
}, F.unmount = function(e) {
	xe && xe(e);
	var t, n, r = e.__c;
	r && r.__H && (r.__H.__.some(function(r) {
		try {
			if (r.__P && r.__c) {
				if (n === void 0) {
					for (n = e.__; n && (!n.__c || !n.__c.__P);) n = n.__;
					n &&= n.__c;
				}
				r.__P = n, je(ge.push(r));
			} else Me(r);
		} catch (e) {
			t = e;
		}
	}), r.__H = void 0, t && F.__e(t, r.__v));
};
var ke = typeof requestAnimationFrame == "function";
function Ae(e) {
	var t, n = function() {
		clearTimeout(r), ke && cancelAnimationFrame(t), setTimeout(e);
	}, r = setTimeout(n, 35);
	ke && (t = requestAnimationFrame(n));
}
function je(e) {
	e != 1 && fe == F.requestAnimationFrame || ((fe = F.requestAnimationFrame) || Ae)(Oe);
}
function Me(e) {
	var t = P, n = e.__c;
	typeof n == "function" && (e.__c = void 0, n()), P = t;
}
function Ne(e) {
	var t = P;
	e.__c = e.__(), P = t;
}
function Pe(e, t) {
	return !e || e.length != t.length || t.some(function(t, n) {
		return !pe(t, e[n]);
	});
}
function Fe(e, t) {
	return typeof t == "function" ? t(e) : t;
}
// src/route.ts
var Ie = (e) => encodeURIComponent(e).replace(/%3A/g, ":").replace(/%2F/g, "/");
function Le(e) {
	try {
		return decodeURIComponent(e);
	} catch {
		return e;
	}
}
function Re(e) {
	let t = e.replace(/^#\/?/, ""), n = t.indexOf("?"), r = n < 0 ? t : t.slice(0, n), i = new URLSearchParams(n < 0 ? "" : t.slice(n + 1)), [a = "", ...o] = r.split("/"), s = Le(o.join("/")), c = {
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
function ze(e, t) {
	let n = new URLSearchParams();
	for (let [e, r] of Object.entries(t)) r != null && r !== "" && n.set(e, String(r));
	let r = n.toString();
	return r ? `${e}?${r}` : e;
}
var B = (e, t = {}) => ze(`#/l/${Ie(e)}`, t), V = (e, t) => `#/u/${Ie(`${e}:${t}`)}`, Be = (e) => `#/i/${e}`, Ve = (e) => `#/e/${Ie(e)}`, He = (e, t, n = "") => ze("#/compare", {
	a: e,
	b: t,
	with: n
});
function Ue(e) {
	let t = /^(.+?):(\d+)(@\d+,\d+)?$/.exec(e.trim());
	return t ? {
		layer: t[1],
		channel: Number(t[2])
	} : null;
}
function We(e) {
	let t = /* @__PURE__ */ new Set(), n = e, r = (e) => {
		n = e, t.forEach((e) => e());
	};
	return {
		hash: () => n,
		go: r,
		replace: r,
		subscribe: (e) => (t.add(e), () => t.delete(e)),
		link: () => null
	};
}
// src/shell.ts
var Ge = M(null);
function H() {
	let e = Ee(Ge);
	if (!e) throw Error("no shell");
	return e;
}
function U(e, t = !1) {
	let n = H(), r = R(e);
	r.current = e, Te(() => {
		let e = new Proxy({}, {
			get: (e, t) => typeof t == "string" ? r.current[t] : void 0,
			has: (e, t) => typeof t == "string" && t in r.current
		});
		return n.listen(e, t);
	}, [n, t]);
}
function Ke(e) {
	return e.shiftKey && e.key.length > 1 ? `Shift+${e.key}` : e.key;
}
function qe(e) {
	let t = e.composedPath()[0] ?? e.target;
	return !t || !("tagName" in t) ? !1 : t.tagName === "INPUT" ? ![
		"button",
		"checkbox",
		"radio",
		"range"
	].includes(t.type) : t.tagName === "TEXTAREA" || t.tagName === "SELECT" || t.isContentEditable;
}
async function Je(e, t) {
	try {
		return await navigator.clipboard.writeText(e), !0;
	} catch {
		let n = document.createElement("textarea");
		n.value = e, n.setAttribute("aria-hidden", "true"), t.append(n), n.select();
		let r = document.execCommand("copy");
		return n.remove(), r;
	}
}
function Ye(e, t, n = "application/json") {
	let r = typeof t == "string" ? new Blob([t], { type: n }) : t, i = document.createElement("a");
	i.href = URL.createObjectURL(r), i.download = e.replace(/[^A-Za-z0-9._-]+/g, "_"), i.click(), setTimeout(() => URL.revokeObjectURL(i.href), 1e4);
}
var Xe = {
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
}, Ze = class {
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
}, Qe = M(null);
function W() {
	let e = Ee(Qe);
	if (!e) throw Error("no atlas");
	return e;
}
function G(e, t) {
	let n = Ee(Qe), r = (t ?? n)?.store, [, i] = I(0), [a, o] = I(null), s = e === null ? void 0 : r?.peek(e), c = s !== void 0 && s.value !== void 0;
	return L(() => {
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
function $e(e, t) {
	let n = Ee(Qe), r = t ?? n, i = e === null || !r ? void 0 : r.store.host.picture(e, r.name), a = typeof i == "string" ? i : void 0, [o, s] = I(null);
	return L(() => {
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
async function et(e, t) {
	let n = new Ze(e, t), r = await n.load("manifest");
	if (r.format !== "convscope-atlas") throw Error("This folder holds something that is no atlas.");
	if (r.schema > 1) throw Error(`This atlas was written by a newer convscope (format ${r.schema}; this page reads 1). Open it with that release, or build it again with this one.`);
	return {
		store: n,
		manifest: r,
		name: t
	};
}
function tt(e, t) {
	return e.manifest.layers.find((e) => e.name === t);
}
function nt(e, t, n) {
	let r = e.manifest.subset?.[t];
	return r && !r.includes(n) ? void 0 : tt(e, t);
}
function rt(e, t) {
	return e.replace(/\{(\w+)\}/g, (e, n) => String(t[n] ?? ""));
}
// node_modules/preact/jsx-runtime/dist/jsxRuntime.mjs
var it = Symbol.for("pv"), at = 0;
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
		constructor: it,
		__v: --at,
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
function ot({ rows: e }) {
	return /* @__PURE__ */ K("dl", {
		class: "facts",
		children: e.map(([e, t]) => /* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: e }), /* @__PURE__ */ K("dd", { children: t })] }, e))
	});
}
function J(e) {
	let t = De();
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
function st({ field: e, input: t }) {
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
var X = ({ what: e }) => /* @__PURE__ */ K("p", {
	class: "quiet loading",
	role: "status",
	children: [
		"Loading ",
		e,
		"…"
	]
});
function ct(e) {
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
var lt = [
	"1",
	"2",
	"4"
];
function ut() {
	let { root: e } = H(), [t, n] = I(Xe.get("boost") ?? "1"), r = (t) => {
		e.style.setProperty("--boost", t), Xe.set("boost", t), n(t);
	};
	return U({ e: () => r(lt[(lt.indexOf(t) + 1) % lt.length] ?? "1") }), /* @__PURE__ */ K("span", {
		class: "contrast",
		children: [/* @__PURE__ */ K("span", {
			"aria-hidden": "true",
			children: "Contrast"
		}), /* @__PURE__ */ K(ct, {
			label: "Contrast of projections",
			value: t,
			options: lt.map((e) => [e, `${e}×`]),
			change: r
		})]
	});
}
// src/parts/Header.tsx
function dt(e) {
	let t = e.page === "unit" ? Ue(e.rest) : null;
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
function ft({ route: e }) {
	let t = W(), { router: n, toast: r } = H(), [i, a] = I("");
	return /* @__PURE__ */ K("form", {
		class: "jump",
		onSubmit: (o) => {
			o.preventDefault();
			let s = i.trim(), c = e.page === "layer" ? e.rest : Ue(e.rest)?.layer, l = Ue(/^\d+$/.test(s) && c ? `${c}:${s}` : s), u = l && tt(t, l.layer);
			if (l && u && l.channel < u.channels) n.go(V(l.layer, l.channel));
			else if (tt(t, s)) n.go(B(s));
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
function pt({ route: e, help: t }) {
	let n = H(), r = dt(e), i = r.length > 1 ? r[0]?.href : r.length ? "#/" : null, a = e.page === "layer" || r.length > 1, o = G(W().store.host.kind === "file" ? null : "experiments"), s = [
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
	];
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
				children: s.map(([e, t, n]) => /* @__PURE__ */ K("a", {
					href: e,
					"aria-current": n ? "true" : void 0,
					children: t
				}, e))
			}),
			/* @__PURE__ */ K(ft, { route: e }),
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
var mt = [
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
		["← →", "previous, next example"],
		["f", "field or whole image"],
		["o", "lay projection over photo"],
		["+ −", "zoom"],
		["c", "copy link"]
	]]
];
function ht(e) {
	let t = R(null);
	return L(() => {
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
function gt({ close: e }) {
	return U({
		Escape: e,
		"?": e
	}, !0), /* @__PURE__ */ K("div", {
		class: "modal",
		"aria-label": "Keyboard",
		...ht(e),
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
					children: mt.map(([e, t]) => /* @__PURE__ */ K("section", { children: [/* @__PURE__ */ K("h3", { children: e }), /* @__PURE__ */ K("dl", { children: t.map(([e, t]) => /* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: /* @__PURE__ */ K("kbd", { children: e }) }), /* @__PURE__ */ K("dd", { children: t })] }, e)) })] }, e))
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
var _t = (e) => e == null ? "–" : `${Z(100 * e)} %`, Q = (e, t, n = `${t}s`) => `${e.toLocaleString("en")} ${e === 1 ? t : n}`;
function vt(e) {
	return e.spatial ? `${e.channels} × ${e.height} × ${e.width}` : String(e.channels);
}
var yt = (e) => e[0] === e[1] ? Z(e[0]) : `${Z(e[0])} × ${Z(e[1])}`;
function bt(e) {
	return e === null ? "whole image" : `${yt(e.size)} px, stride ${yt(e.stride)}`;
}
var xt = (e) => e.replace("T", " ").replace("Z", " UTC"), St = (e) => e.slice(e.lastIndexOf("/") + 1) || e, Ct = 64;
function wt({ path: e, grid: t, panel: n, cell: r, side: i, label: a, boost: o, from: s }) {
	let c = $e(e, s), l = i / Math.max(t.width, t.height), u = (n * t.columns + r % t.columns) * t.pitchX, d = Math.floor(r / t.columns) * t.pitchY, f = a ? {
		role: "img",
		"aria-label": a
	} : { "aria-hidden": !0 };
	return /* @__PURE__ */ K("span", {
		class: `tile${l > 2 && (t.lossless || Math.max(t.width, t.height) <= Ct) ? " sharp" : ""}${o ? " projection" : ""}`,
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
	let t = W(), { layer: n, channel: r, kind: i, side: a, label: o, from: s = null } = e, c = n.sheet;
	return /* @__PURE__ */ K(wt, {
		path: rt((s ?? t).manifest.paths[i], {
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
function Tt(e) {
	let t = W(), { layer: n, channel: r, kind: i, rank: a, side: o, dead: s, from: c = null } = e;
	return /* @__PURE__ */ K(wt, {
		path: s ? null : rt((c ?? t).manifest.paths.sprite, {
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
// src/parts/WholeImage.tsx
function Et(e, t) {
	let n = e.manifest.paths.image;
	return n === null ? null : rt(n, {
		image: t,
		thousand: Math.floor(t / 1e3)
	});
}
function Dt({ image: e, name: t, box: n, from: r = null }) {
	let i = W(), a = r ?? i, [, o, s] = a.manifest.model.input, c = $e(Et(a, e), r), [l, u, d, f] = n ?? [
		0,
		0,
		o,
		s
	], p = n ? Math.min(s / 2, Math.max(0, -l, -u, d - o, f - s)) : 0;
	return /* @__PURE__ */ K("svg", {
		class: "whole",
		viewBox: [
			-p,
			-p,
			s + 2 * p,
			o + 2 * p
		].join(" "),
		role: "img",
		"aria-label": `Whole image ${t}${n ? ", receptive field marked" : ""}`,
		children: [
			/* @__PURE__ */ K("rect", {
				class: "beyond",
				x: -p,
				y: -p,
				width: s + 2 * p,
				height: o + 2 * p
			}),
			c ? /* @__PURE__ */ K("image", {
				href: c,
				width: s,
				height: o,
				preserveAspectRatio: "none"
			}) : /* @__PURE__ */ K("rect", {
				class: "missing",
				width: s,
				height: o
			}),
			n && /* @__PURE__ */ K(b, { children: [
				/* @__PURE__ */ K("path", {
					class: "shade",
					"fill-rule": "evenodd",
					d: `M${-p} ${-p}h${s + 2 * p}v${o + 2 * p}h${-s - 2 * p}z M${u} ${l}h${f - u}v${d - l}h${u - f}z`
				}),
				/* @__PURE__ */ K("rect", {
					class: "field-halo",
					x: u,
					y: l,
					width: f - u,
					height: d - l
				}),
				/* @__PURE__ */ K("rect", {
					class: "field",
					x: u,
					y: l,
					width: f - u,
					height: d - l
				})
			] })
		]
	});
}
function Ot({ image: e, box: t, label: n }) {
	let r = W(), [, i, a] = r.manifest.model.input, o = $e(Et(r, e)), [s, c, l, u] = t;
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
var kt = (e, t) => {
	let n = e.images[t]?.label ?? -1;
	return n < 0 ? null : e.classes[n] ?? `class ${n}`;
}, At = (e, t) => e.images[t]?.name ?? `image ${t}`;
function jt(e) {
	let { layer: t, shard: n, unit: r, view: i, show: a, active: o, activate: s, open: c } = e, l = i === "both" ? ["photos", "projections"] : [i];
	return /* @__PURE__ */ K("div", {
		class: "examples",
		children: [
			/* @__PURE__ */ K("div", {
				class: "examples-bar",
				children: [
					/* @__PURE__ */ K(ct, {
						label: "Show",
						value: i,
						options: [
							["photos", "Photos"],
							["projections", "Projections"],
							["both", "Both"]
						],
						change: a
					}),
					i !== "photos" && /* @__PURE__ */ K(ut, {}),
					/* @__PURE__ */ K("span", {
						class: "hint",
						children: "Hover to see where; click or 1–9 to enlarge"
					})
				]
			}),
			/* @__PURE__ */ K("div", {
				class: `panels panels-${l.length}`,
				children: l.map((e) => /* @__PURE__ */ K(Mt, {
					kind: e,
					layer: t,
					shard: n,
					unit: r,
					active: o,
					activate: s,
					open: c
				}, e))
			}),
			/* @__PURE__ */ K(Nt, {
				layer: t,
				shard: n,
				unit: r,
				rank: Math.min(o, r.images.length - 1)
			})
		]
	});
}
function Mt({ kind: e, layer: t, shard: n, unit: r, active: i, activate: a, open: o }) {
	let s = R(null), [c, l] = I(112), u = t.sprite.columns;
	L(() => {
		if (!s.current) return;
		let e = new ResizeObserver(([e]) => {
			let t = e?.contentRect.width ?? 0;
			t && l(Math.max(24, Math.min(168, Math.floor((t - (u - 1) * 4) / u))));
		});
		return e.observe(s.current), () => e.disconnect();
	}, [u]);
	let d = e === "photos" ? "Photo" : "Projection";
	return /* @__PURE__ */ K("figure", {
		class: "panel-9",
		children: [/* @__PURE__ */ K("figcaption", { children: e === "photos" ? "What excites it" : "What it takes from each" }), /* @__PURE__ */ K("div", {
			ref: s,
			class: "nine",
			style: { gridTemplateColumns: `repeat(${u}, ${c}px)` },
			role: "group",
			"aria-label": `${d}s`,
			children: r.images.map((s, l) => /* @__PURE__ */ K("button", {
				type: "button",
				class: l === i ? "cell active" : "cell",
				onMouseEnter: () => a(l),
				onFocus: () => a(l),
				onClick: () => o(l),
				"aria-label": `${d} ${l + 1}: activation ${Z(r.values[l])}, ${At(n, s)}${kt(n, s) ? `, ${kt(n, s)}` : ""}`,
				children: /* @__PURE__ */ K(Tt, {
					layer: t,
					channel: r.channel,
					kind: e,
					rank: l,
					side: c,
					dead: r.values[l] === 0
				})
			}, l))
		})]
	});
}
function Nt({ layer: e, shard: t, unit: n, rank: r }) {
	let i = n.images[r], a = At(t, i), o = kt(t, i);
	return /* @__PURE__ */ K("figure", {
		class: "looked",
		children: [
			/* @__PURE__ */ K("figcaption", { children: "Where it looks" }),
			/* @__PURE__ */ K(Dt, {
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
					href: Be(i),
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
var Pt = (e) => e === document.documentElement ? window : e, Ft = 400;
function It(e, t, n, r, i, a) {
	let o = Math.max(1, Math.floor((t + r) / (n.width + r))), s = Math.ceil(e / o), c = n.height + r, l = Math.max(0, Math.min(s, Math.floor((i - Ft) / c))), u = Math.max(l, Math.min(s, Math.ceil((a + Ft) / c)));
	return {
		columns: o,
		step: Math.floor((t + r) / o),
		first: l * o,
		last: Math.min(e, u * o),
		height: Math.max(0, s * c - r)
	};
}
function Lt(e, t, n) {
	let r = () => {
		let r = e.current?.getBoundingClientRect(), i = r?.width || 900, a = -(r?.top ?? 0);
		return It(t.count, i, t.cell, n, a, a + window.innerHeight);
	}, [i, a] = I(r), o = () => {
		let e = r();
		a((t) => t.columns === e.columns && t.step === e.step && t.first === e.first && t.last === e.last && t.height === e.height ? t : e);
	};
	return Te(o, [
		t.count,
		t.cell.width,
		t.cell.height
	]), L(() => {
		let t = e.current;
		if (!t) return;
		let n = new ResizeObserver(o);
		return n.observe(t), window.addEventListener("scroll", o, {
			capture: !0,
			passive: !0
		}), () => {
			n.disconnect(), window.removeEventListener("scroll", o, { capture: !0 });
		};
	}), i;
}
function Rt(e) {
	let { count: t, cell: n, gap: r = 10, current: i, select: a, open: o } = e, s = H(), c = R(null), l = Lt(c, e, r), u = R(!1), d = (e) => {
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
	U(e.keys === !1 ? {} : {
		...m,
		Enter: () => i >= 0 && o(i)
	}), Te(() => {
		if (!u.current || i < 0 || !c.current) return;
		let e = c.current.querySelector(`[data-index="${i}"]`);
		if (e) u.current = !1, e.querySelector("a")?.focus({ preventScroll: !0 }), e.scrollIntoView({ block: "nearest" });
		else {
			let e = c.current.getBoundingClientRect().top + Math.floor(i / f) * (n.height + r);
			Pt(s.root).scrollBy({
				top: e - window.innerHeight / 3,
				behavior: "instant"
			});
		}
	});
	let h = R(!1);
	L(() => {
		if (h.current || i < 0 || !c.current || !s.root.isConnected) return;
		h.current = !0;
		let e = c.current.getBoundingClientRect().top + Math.floor(i / f) * (n.height + r);
		e > window.innerHeight - n.height && Pt(s.root).scrollBy({
			top: e - window.innerHeight / 3,
			behavior: "instant"
		});
	}, [i]);
	let g = [];
	for (let a = l.first; a < Math.min(l.last, t); a += 1) g.push(/* @__PURE__ */ K("li", {
		"data-index": a,
		"aria-setsize": t,
		"aria-posinset": a + 1,
		class: a === i ? "current" : "",
		style: {
			left: `${a % f * l.step}px`,
			top: `${Math.floor(a / f) * (n.height + r)}px`,
			width: `${n.width}px`,
			height: `${n.height}px`
		},
		children: e.render(a, a === i)
	}, e.keyOf(a)));
	return /* @__PURE__ */ K("ul", {
		class: "virtual",
		ref: c,
		"aria-label": e.label,
		style: { height: `${l.height}px` },
		children: g
	});
}
// src/parts/Versus.tsx
function zt(e) {
	let t = G(`layers/${e.layer.id}/${Math.floor(e.channel / e.layer.shard.units)}`, e.atlas), n = t.value?.units.find((t) => t.channel === e.channel);
	return t.value && n ? {
		shard: t.value,
		unit: n
	} : null;
}
function Bt({ left: e, right: t }) {
	let [n, r] = [zt(e), zt(t)], [i, a] = I(null);
	if (!n || !r) return /* @__PURE__ */ K(X, { what: "both units" });
	let o = (e) => e.unit.images.map((t) => At(e.shard, t)), s = o(n), c = o(r).filter((e) => s.includes(e)).length;
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
		children: [/* @__PURE__ */ K(Vt, {
			side: e,
			found: n,
			image: i,
			look: a
		}), /* @__PURE__ */ K(Vt, {
			side: t,
			found: r,
			image: i,
			look: a
		})]
	})] });
}
function Vt({ side: e, found: t, image: n, look: r }) {
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
					_t(s.active),
					" · ",
					bt(i.field)
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
						let u = At(c, t), d = kt(c, t);
						return /* @__PURE__ */ K("button", {
							type: "button",
							class: u === n ? "cell active" : "cell",
							onMouseEnter: () => r(u),
							onMouseLeave: () => r(null),
							onFocus: () => r(u),
							onBlur: () => r(null),
							"aria-label": `${e === "photos" ? "Photo" : "Projection"} ${l + 1}, ${u}`,
							title: `${Z(s.values[l])} · ${d ?? u}`,
							children: /* @__PURE__ */ K(Tt, {
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
function Ht({ left: e, right: t, a: n, b: r }) {
	let [i, a] = I(-1), { router: o } = H(), s = (e) => o.go(He(`${n}:${e}`, `${r}:${Math.min(e, t.layer.channels - 1)}`, t.atlas.name));
	return /* @__PURE__ */ K("div", {
		class: "versus-pair",
		children: [/* @__PURE__ */ K(Ut, {
			side: e,
			chosen: i,
			choose: a,
			open: s,
			keys: !0
		}), /* @__PURE__ */ K(Ut, {
			side: t,
			chosen: i,
			choose: a,
			open: s,
			keys: !1
		})]
	});
}
function Ut({ side: e, chosen: t, choose: n, open: r, keys: i }) {
	let { layer: a, atlas: o } = e, s = G(`layers/${a.id}`, o);
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
					vt(a),
					" · ",
					bt(a.field),
					" · ",
					Q(a.units.dead, "dead unit")
				]
			}),
			s.value && /* @__PURE__ */ K(Rt, {
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
function Wt(e) {
	let t = W(), [n, r] = I(null);
	return L(() => {
		if (!e) return;
		let n = !0;
		return et(t.store.host, e).then((t) => n && r({
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
function Gt({ query: e }) {
	let t = W(), { router: n } = H(), r = e.get("a") ?? t.manifest.layers[0]?.name ?? "", i = e.get("with") ?? "", { other: a, error: o } = Wt(i), s = e.get("b") || (i ? r : ""), c = G(t.store.host.kind === "file" ? null : "atlases"), l = (e) => n.replace(He(e.a ?? r, e.b ?? s, e.other ?? i));
	return /* @__PURE__ */ K(b, { children: [
		/* @__PURE__ */ K("h1", { children: "Compare" }),
		/* @__PURE__ */ K("form", {
			class: "bar compare-bar",
			onSubmit: (e) => e.preventDefault(),
			children: [
				/* @__PURE__ */ K(Kt, {
					label: "Left",
					value: r,
					atlas: t,
					change: (e) => l({ a: e })
				}),
				/* @__PURE__ */ K("span", {
					"aria-hidden": "true",
					children: "⇄"
				}),
				/* @__PURE__ */ K(Kt, {
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
		}) : a ? /* @__PURE__ */ K(qt, {
			a: r,
			b: s,
			own: t,
			other: a
		}) : /* @__PURE__ */ K(X, { what: i })
	] });
}
function Kt({ label: e, value: t, atlas: n, change: r }) {
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
function qt({ a: e, b: t, own: n, other: r }) {
	let i = (e, t) => {
		let n = tt(t, e);
		if (n) return {
			layer: n,
			channel: null,
			atlas: t
		};
		let r = Ue(e), i = r ? tt(t, r.layer) : void 0;
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
	}) : a.channel !== null && o.channel !== null ? /* @__PURE__ */ K(Bt, {
		left: {
			...a,
			channel: a.channel
		},
		right: {
			...o,
			channel: o.channel
		}
	}) : a.channel === null && o.channel === null ? /* @__PURE__ */ K(Ht, {
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
var Jt = {
	occlusion: "Occlusion",
	invariance: "Invariance",
	correspondence: "Correspondence",
	evolution: "Evolution",
	diagnosis: "Diagnosis",
	ablation: "Ablation",
	transfer: "Transfer"
};
function Yt() {
	let e = G("experiments");
	return e.error ? /* @__PURE__ */ K(Xt, {}) : e.value ? e.value.length ? /* @__PURE__ */ K(b, { children: [
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
				href: Ve(e.name),
				children: [
					/* @__PURE__ */ K(Zt, {
						experiment: e,
						file: e.figures[0] ?? null,
						small: !0
					}),
					/* @__PURE__ */ K("span", {
						class: "op",
						children: Jt[e.kind] ?? e.kind
					}),
					/* @__PURE__ */ K("b", { children: /* @__PURE__ */ K("bdi", { children: e.title }) }),
					/* @__PURE__ */ K("span", {
						class: "quiet clamp",
						children: e.summary
					})
				]
			}) }, e.name))
		})
	] }) : /* @__PURE__ */ K(Xt, {}) : /* @__PURE__ */ K(X, { what: "experiments" });
}
var Xt = () => /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K("h1", { children: "Experiments" }), /* @__PURE__ */ K("p", {
	class: "empty",
	children: [
		"There are none yet. Commands such as ",
		/* @__PURE__ */ K("code", { children: "convscope occlude" }),
		" place their results here when they are told the atlas's folder."
	]
})] });
function Zt({ experiment: e, file: t, small: n }) {
	let r = $e(t === null ? null : `experiments/${e.name}/${t}`), i = e.captions[e.figures.indexOf(t ?? "")] ?? "";
	return r ? n ? /* @__PURE__ */ K("img", {
		src: r,
		alt: "",
		loading: "lazy"
	}) : /* @__PURE__ */ K("figure", {
		class: "result",
		children: [/* @__PURE__ */ K("a", {
			href: r,
			target: "_blank",
			rel: "noreferrer",
			children: /* @__PURE__ */ K("img", {
				src: r,
				alt: i || `Figure ${t} of ${e.title}`
			})
		}), i && /* @__PURE__ */ K("figcaption", { children: i })]
	}) : n ? /* @__PURE__ */ K(Qt, { experiment: e }) : null;
}
function Qt({ experiment: e }) {
	let t = e.shown;
	return /* @__PURE__ */ K("span", {
		class: "no-figure",
		"aria-hidden": "true",
		children: t && [t.columns, ...t.rows.slice(0, 3)].map((e, t) => /* @__PURE__ */ K("span", { children: e.slice(0, 4).map((e, t) => /* @__PURE__ */ K("bdi", { children: e }, t)) }, t))
	});
}
var $t = (e) => /[",\n]/.test(e) ? `"${e.replace(/"/g, "\"\"")}"` : e;
function en({ name: e }) {
	let { store: t } = W(), n = G("experiments");
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
				children: Jt[r.kind] ?? r.kind
			})] })
		}),
		r.summary.split(/\n\s*\n/).map((e, t) => /* @__PURE__ */ K("p", {
			class: "prose",
			children: e
		}, t)),
		/* @__PURE__ */ K("div", {
			class: "findings",
			children: [r.figures.map((e) => /* @__PURE__ */ K(Zt, {
				experiment: r,
				file: e
			}, e)), i && /* @__PURE__ */ K(J, {
				title: "Table",
				note: a ? void 0 : `The first ${i.rows.length} of ${i.count} rows.`,
				children: [/* @__PURE__ */ K(nn, {
					columns: i.columns,
					rows: i.rows
				}), /* @__PURE__ */ K("p", {
					class: "actions",
					children: a ? /* @__PURE__ */ K("button", {
						type: "button",
						onClick: () => {
							i && Ye(`${r.name}.csv`, [i.columns, ...i.rows].map((e) => `${e.map($t).join(",")}\n`).join(""), "text/csv");
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
		/* @__PURE__ */ K(rn, { experiment: r })
	] });
}
var tn = (e) => e.trim() !== "" && Number.isFinite(Number(e));
function nn({ columns: e, rows: t }) {
	let n = e.map((e, n) => t.every((e) => tn(e[n] ?? "") || !e[n]));
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
			children: /* @__PURE__ */ K("bdi", { children: e })
		}, t)) }, t)) })] })
	});
}
function rn({ experiment: e }) {
	let t = e.units.flatMap((e) => Ue(e) ?? []), n = Object.entries(e.settings).map(([e, t]) => [e, typeof t == "string" ? t : JSON.stringify(t)]);
	return /* @__PURE__ */ K("div", {
		class: "cards",
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
					href: Be(e),
					children: ["image ", e]
				}, e))]
			})
		}), n.length > 0 && /* @__PURE__ */ K(J, {
			title: "Settings",
			children: /* @__PURE__ */ K(ot, { rows: n })
		})]
	});
}
// src/pages/Home.tsx
function an(e, t) {
	if (!e) return t.map((e) => ({ shown: e }));
	let n = new Map(t.map((e) => [e.name, e])), r = [];
	for (let t of e.layers) {
		let e = n.get(t.name), i = r.at(-1);
		e ? r.push({ shown: e }) : i && "passed" in i ? i.passed.push(t) : r.push({ passed: [t] });
	}
	return r;
}
function on() {
	let { manifest: e } = W(), { marks: t, router: n } = H(), [r, i] = I(""), a = G("network"), o = z(() => an(a.value, e.layers), [a.value, e]), [s, c] = I(-1), l = e.layers.filter((e) => e.name.toLowerCase().includes(r.toLowerCase()) || e.op.includes(r.toLowerCase())), u = (e) => () => c((t) => Math.max(0, Math.min(l.length - 1, t + e))), d = () => {
		let e = l[Math.max(0, s)];
		e && n.go(B(e.name));
	};
	U({
		ArrowDown: u(1),
		j: u(1),
		ArrowUp: u(-1),
		k: u(-1),
		Enter: d
	});
	let f = e.layers.reduce((e, t) => e + t.units.dead, 0), p = t.all().flatMap((e) => Ue(e) ?? []);
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
				f > 0 && `; ${Q(f, "unit")} never ${f === 1 ? "responds" : "respond"}`,
				"."
			]
		}),
		/* @__PURE__ */ K(un, { manifest: e }),
		/* @__PURE__ */ K("div", {
			class: "map-head",
			children: [/* @__PURE__ */ K("h2", { children: "Layers in execution order" }), /* @__PURE__ */ K("form", {
				onSubmit: (e) => {
					e.preventDefault(), d();
				},
				children: /* @__PURE__ */ K("input", {
					id: "search",
					type: "search",
					value: r,
					onInput: (e) => i(e.currentTarget.value),
					placeholder: "Search layers",
					"aria-label": "Search layers"
				})
			})]
		}),
		/* @__PURE__ */ K("ol", {
			class: "map",
			children: r === "" ? o.map((t, n) => "shown" in t ? /* @__PURE__ */ K(sn, {
				layer: t.shown,
				current: e.layers.indexOf(t.shown) === s
			}, t.shown.id) : /* @__PURE__ */ K(cn, { layers: t.passed }, `passed-${n}`)) : l.map((e, t) => /* @__PURE__ */ K(sn, {
				layer: e,
				current: t === s
			}, e.id))
		}),
		r !== "" && /* @__PURE__ */ K(ln, {
			network: a.value,
			sought: r,
			found: l.length
		}),
		p.length > 0 && /* @__PURE__ */ K(J, {
			title: "Marked units",
			children: /* @__PURE__ */ K("p", {
				class: "chips",
				children: p.map((e) => /* @__PURE__ */ K("a", {
					class: "chip",
					href: V(e.layer, e.channel),
					children: /* @__PURE__ */ K(q, { text: `${e.layer}:${e.channel}` })
				}, `${e.layer}:${e.channel}`))
			})
		}),
		/* @__PURE__ */ K(fn, { manifest: e })
	] });
}
function sn({ layer: e, current: t }) {
	let { manifest: n } = W(), r = e.preview, i = Math.min(r.columns, e.channels), a = rt(n.paths.preview, { layer: e.id });
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
						children: vt(e)
					}), /* @__PURE__ */ K("small", { children: e.spatial ? "units × map" : "units" })]
				}),
				/* @__PURE__ */ K("span", {
					class: "station-field",
					children: [/* @__PURE__ */ K(st, {
						field: e.field,
						input: n.model.input
					}), /* @__PURE__ */ K("span", { children: [e.field ? `${e.field.size[0]} px` : "all", /* @__PURE__ */ K("small", { children: e.field ? `stride ${e.field.stride[0]}` : "whole image" })] })]
				}),
				/* @__PURE__ */ K("span", {
					class: e.units.dead ? "station-dead some" : "station-dead",
					children: [e.units.dead, " dead"]
				}),
				/* @__PURE__ */ K("span", {
					class: "strip",
					"aria-hidden": "true",
					children: [0, 1].map((e) => /* @__PURE__ */ K("span", { children: Array.from({ length: i }, (t, n) => /* @__PURE__ */ K(wt, {
						path: a,
						grid: r,
						panel: 0,
						cell: e * r.columns + n,
						side: 32,
						boost: e === 1
					}, n)) }, e))
				})
			]
		})
	});
}
function cn({ layers: e }) {
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
				children: vt(e)
			}),
			" ",
			/* @__PURE__ */ K("span", { children: bt(e.field) })
		] }, e.name)) })] })
	});
}
function ln({ network: e, sought: t, found: n }) {
	let r = (e?.layers ?? []).filter((e) => !e.shown && e.name.toLowerCase().includes(t.toLowerCase()));
	return /* @__PURE__ */ K("p", {
		class: "quiet",
		role: "status",
		children: [n === 0 && "No layer of this atlas matches. ", r.length > 0 && `${Q(r.length, "layer")} of the network ${r.length === 1 ? "matches" : "match"} and ${r.length === 1 ? "is" : "are"} not in this atlas (${r.slice(0, 4).map((e) => e.name).join(", ")}${r.length > 4 ? ", …" : ""}): build it with --layers to see them.`]
	});
}
function un({ manifest: e }) {
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
var dn = ({ value: e }) => /* @__PURE__ */ K("code", {
	class: "hash",
	title: e,
	children: [e.slice(0, 16), "…"]
});
function fn({ manifest: e }) {
	let { model: t, data: n, options: r, versions: i } = e;
	return /* @__PURE__ */ K("div", {
		class: "cards",
		children: [
			/* @__PURE__ */ K(J, {
				title: "Model",
				children: /* @__PURE__ */ K(ot, { rows: [
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
					["SHA-256", /* @__PURE__ */ K(dn, { value: t.fingerprint }, "h")]
				] })
			}),
			/* @__PURE__ */ K(J, {
				title: "Images",
				children: /* @__PURE__ */ K(ot, { rows: [
					["Collection", /* @__PURE__ */ K(q, {
						text: n.description,
						plain: !0
					}, "n")],
					["Count", Q(n.count, "image")],
					["Labels", n.classes ? Q(n.classes, "class", "classes") : "none"],
					["Left out", String(e.failures.count)],
					["SHA-256", /* @__PURE__ */ K(dn, { value: n.fingerprint }, "h")]
				] })
			}),
			/* @__PURE__ */ K(J, {
				title: "How it was made",
				children: /* @__PURE__ */ K(ot, { rows: [
					["When", xt(e.created)],
					["Shown", `${r.k} strongest responses a unit, one an image`],
					["Projection", `${r.rule}; smooth activations: ${r.smooth}; colliding switches: ${r.overlap}; LRN: ${r.lrn}`],
					["Seed", r.seed === null ? "not needed" : String(r.seed)],
					["Versions", Object.entries(i).map(([e, t]) => `${e} ${t}`).join(", ")]
				] })
			})
		]
	});
}
// src/pages/Image.tsx
function pn(e, t, n, r) {
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
function mn(e, t, n) {
	if (!e.starts) return Math.floor(e.images.indexOf(t) / n);
	let r = -1;
	for (let n of e.starts) {
		if (n > t) break;
		r += 1;
	}
	return r;
}
function hn({ number: e }) {
	let { manifest: t, store: n } = W(), r = Number.isInteger(e) && e >= 0, i = G(r ? "images/index" : null), a = G(r && t.extras ? "profiles/index" : null), o = a.value && t.extras ? mn(a.value, e, t.extras.profileShard) : -1, s = G(o >= 0 ? `profiles/${o}` : null), c = i.value?.shards.find((n) => n === Math.floor(e / t.images.shard)), l = G(c === void 0 ? null : `images/${c}`), u = G(n.host.kind === "file" ? null : "experiments");
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
	return /* @__PURE__ */ K(gn, {
		number: e,
		name: p.name,
		label: m,
		strong: f?.layers ?? null,
		wins: d?.wins ?? [],
		images: a.value?.images ?? [],
		about: h
	});
}
function gn({ number: e, name: t, label: n, strong: r, wins: i, images: a, about: o }) {
	let { manifest: s } = W(), { router: c } = H(), [l, u] = I(null), d = (t) => {
		let n = a[a.indexOf(e) + t];
		n !== void 0 && c.go(Be(n));
	};
	return U({
		ArrowLeft: () => d(-1),
		h: () => d(-1),
		ArrowRight: () => d(1),
		l: () => d(1)
	}), /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K("div", {
		class: "page-head",
		children: /* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("h1", { children: /* @__PURE__ */ K(q, { text: St(t) }) }), /* @__PURE__ */ K("p", {
			class: "lead",
			children: [
				"image ",
				e,
				n !== null && /* @__PURE__ */ K(b, { children: [" · ", /* @__PURE__ */ K(q, { text: n })] }),
				" · ",
				"among the strongest of ",
				Q(i.length, "unit")
			]
		})] })
	}), /* @__PURE__ */ K("div", {
		class: "image-page",
		children: [/* @__PURE__ */ K("figure", {
			class: "looked sticky",
			children: [
				/* @__PURE__ */ K(Dt, {
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
					href: Ve(e.name),
					children: e.title
				}) }, e.name))
			]
		}), /* @__PURE__ */ K("div", { children: s.layers.map((e, t) => {
			let n = r?.[t] ?? [], a = i.filter((e) => e[0] === t);
			return !n.length && !a.length ? null : /* @__PURE__ */ K(J, {
				title: e.name,
				note: a.length ? `among the ${s.options.k} strongest of ${Q(a.length, "unit")}` : void 0,
				children: [n.length > 0 ? /* @__PURE__ */ K(_n, {
					layer: e,
					rows: n,
					mark: u
				}) : /* @__PURE__ */ K(yn, {
					layer: e,
					wins: a
				}), n.length > 0 && a.length > 0 && /* @__PURE__ */ K("details", { children: [/* @__PURE__ */ K("summary", { children: "Units it is among the strongest of" }), /* @__PURE__ */ K(yn, {
					layer: e,
					wins: a
				})] })]
			}, e.id);
		}) })]
	})] });
}
function _n({ layer: e, rows: t, mark: n }) {
	let { manifest: r } = W();
	return /* @__PURE__ */ K("ul", {
		class: "tiles",
		children: t.map(([t, i, a, o, s]) => {
			let c = () => n({
				box: pn(e, o, s, r.model.input),
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
var vn = 24;
function yn({ layer: e, wins: t }) {
	let [n, r] = I(!1), i = n ? t : t.slice(0, vn);
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
function bn() {
	let { manifest: e, store: t } = W(), n = G(e.extras ? "profiles/index" : null), r = G(e.extras ? null : "images/index"), [i, a] = I(null);
	L(() => {
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
function xn({ query: e }) {
	let { manifest: t } = W(), { router: n } = H(), { images: r, error: i } = bn(), [a, o] = I(-1), s = (e.get("q") ?? "").toLowerCase();
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
				onInput: (e) => n.replace(ze("#/images", { q: e.currentTarget.value })),
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
				href: Be(Number(s)),
				children: ["Open image ", Number(s)]
			})] })]
		}) : /* @__PURE__ */ K(Rt, {
			count: c.length,
			cell: {
				width: 132,
				height: 168
			},
			label: "Images",
			current: a,
			select: o,
			open: (e) => n.go(Be(c[e]?.number ?? 0)),
			keyOf: (e) => c[e]?.number ?? e,
			render: (e) => /* @__PURE__ */ K(Sn, {
				image: c[e],
				first: e === Math.max(0, a)
			})
		})
	] });
}
function Sn({ image: e, first: t }) {
	let n = $e(Et(W(), e.number));
	return /* @__PURE__ */ K("a", {
		class: "unit thumb",
		href: Be(e.number),
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
				children: /* @__PURE__ */ K("b", { children: /* @__PURE__ */ K(q, { text: e.label ?? St(e.name) }) })
			}),
			e.label !== null && /* @__PURE__ */ K("small", { children: /* @__PURE__ */ K(q, { text: St(e.name) }) })
		]
	});
}
// src/alike.ts
function Cn(e, t) {
	let n = atob(e.codes), { rank: r } = e, i = Math.floor(n.length / r), a = Int8Array.from({ length: i * r }, (e, t) => n.charCodeAt(t)), o = a.subarray(t * r, (t + 1) * r), s = [];
	if (!o.some((e) => e !== 0)) return s;
	for (let n = 0; n < i; n += 1) {
		let i = 0, c = !1;
		for (let e = 0; e < r; e += 1) {
			let t = a[n * r + e];
			i += t * o[e], c ||= t !== 0;
		}
		c && n !== t && s.push([n, Math.max(-1, Math.min(1, i * e.scale ** 2))]);
	}
	return s;
}
var wn = (e) => `correlation of responses to ${e.images} images${e.error >= .005 ? `, ± ${e.error.toFixed(2)}` : ""}`, Tn = [
	["index", "index"],
	["maximum", "maximum"],
	["mean", "mean"],
	["active", "fraction active"],
	["selectivity", "class selectivity"],
	["similar", "similarity to a unit"]
], En = (e, t, n) => t.find((t) => t === e) ?? n, Dn = (e) => {
	if (e === null || e.trim() === "") return null;
	let t = Number(e);
	return Number.isFinite(t) ? t : null;
};
function On(e) {
	let t = En(e.get("sort"), Tn.map(([e]) => e), "index");
	return {
		view: En(e.get("view"), [
			"photos",
			"projections",
			"both"
		], "both"),
		sort: t,
		ascending: e.has("up") ? e.get("up") === "1" : t === "index",
		alive: En(e.get("alive"), [
			"all",
			"alive",
			"dead"
		], "all"),
		class: Dn(e.get("class")),
		low: Dn(e.get("low")),
		high: Dn(e.get("high")),
		near: Dn(e.get("near")),
		text: e.get("q") ?? ""
	};
}
function kn(e) {
	return {
		view: e.view === "both" ? null : e.view,
		sort: e.sort === "index" ? null : e.sort,
		up: e.ascending === (e.sort === "index") ? null : +!!e.ascending,
		alive: e.alive === "all" ? null : e.alive,
		class: e.class,
		low: e.low,
		high: e.high,
		near: e.near,
		q: e.text
	};
}
function An(e, t) {
	let n = new Set(t.dead), { low: r, high: i, class: a } = e, o = e.text.toLowerCase();
	return {
		alive: (t) => e.alive === "all" || n.has(t) === (e.alive === "dead"),
		class: (e) => a === null || t.topClass?.[e] === a,
		range: (e) => {
			let n = t.maximum[e] ?? null;
			return r === null && i === null || n !== null && (r === null || n >= r) && (i === null || n <= i);
		},
		text: (e) => !o || String(e).startsWith(o) || (t.names?.[e] ?? "").toLowerCase().includes(o)
	};
}
function jn(e, t, n, r, i) {
	let a = An(n, t), o = new Set(t.dead), s = {
		all: 0,
		alive: {
			all: 0,
			alive: 0,
			dead: 0
		},
		classes: /* @__PURE__ */ new Map()
	}, c = [];
	for (let n of i ?? Array.from({ length: e.channels }, (e, t) => t)) {
		s.all += 1;
		let e = a.range(n) && a.text(n);
		e && a.class(n) && (s.alive.all += 1, s.alive[o.has(n) ? "dead" : "alive"] += 1);
		let r = t.topClass?.[n];
		e && a.alive(n) && r !== void 0 && r >= 0 && s.classes.set(r, (s.classes.get(r) ?? 0) + 1), e && a.alive(n) && a.class(n) && c.push(n);
	}
	return {
		units: Mn(c, t, n, r),
		counts: s
	};
}
function Mn(e, t, n, r) {
	let i = n.ascending ? 1 : -1;
	if (n.sort === "index") return n.ascending ? e : e.reverse();
	let a = new Map(r);
	n.near !== null && a.set(n.near, Infinity);
	let o = n.sort === "similar" ? null : t[n.sort], s = (e) => o ? o[e] ?? null : n.sort === "similar" ? a.get(e) ?? null : null;
	return e.sort((e, t) => {
		let [n, r] = [s(e), s(t)];
		return n === null || r === null ? n === r ? e - t : n === null ? 1 : -1 : n === r ? e - t : i * (n < r ? -1 : 1);
	});
}
// src/parts/LayerBar.tsx
var Nn = (e) => e.trim() === "" || !Number.isFinite(Number(e)) ? null : Number(e);
function Pn({ layer: e, data: t, view: n, counts: r, shown: i, measure: a, change: o }) {
	let s = Tn.filter(([e]) => e !== "selectivity" || t.selectivity), c = [...r.classes].sort((e, t) => t[1] - e[1]), l = t.maximum.filter((e) => e !== null), [u, d] = [l.reduce((e, t) => Math.min(e, t), Infinity), l.reduce((e, t) => Math.max(e, t), -Infinity)];
	return /* @__PURE__ */ K("div", {
		class: "bar",
		role: "group",
		"aria-label": "Order and filters",
		children: [
			/* @__PURE__ */ K(ct, {
				label: "Show",
				value: n.view,
				options: [
					["photos", "Photos"],
					["projections", "Projections"],
					["both", "Both"]
				],
				change: (e) => o({ view: e })
			}),
			n.view !== "photos" && /* @__PURE__ */ K(ut, {}),
			/* @__PURE__ */ K("label", { children: ["Sort", /* @__PURE__ */ K("select", {
				value: n.sort,
				onChange: (e) => o({
					sort: e.currentTarget.value,
					ascending: e.currentTarget.value === "index",
					near: e.currentTarget.value === "similar" ? n.near ?? 0 : n.near
				}),
				children: s.map(([e, t]) => /* @__PURE__ */ K("option", {
					value: e,
					children: t
				}, e))
			})] }),
			n.sort === "similar" ? /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K("label", { children: ["Unit", /* @__PURE__ */ K("input", {
				class: "few",
				type: "number",
				min: 0,
				max: e.channels - 1,
				value: n.near ?? 0,
				onInput: (e) => o({ near: Nn(e.currentTarget.value) })
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
			/* @__PURE__ */ K(ct, {
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
				onChange: (e) => o({ class: Nn(e.currentTarget.value) }),
				children: [
					/* @__PURE__ */ K("option", {
						value: "",
						children: "any"
					}),
					n.class !== null && !r.classes.has(n.class) && /* @__PURE__ */ K("option", {
						value: n.class,
						children: [t.classes?.[n.class] ?? n.class, " (0)"]
					}),
					c.map(([e, n]) => /* @__PURE__ */ K("option", {
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
					/* @__PURE__ */ K("input", {
						class: "few",
						type: "number",
						step: "any",
						value: n.low ?? "",
						placeholder: Z(u),
						onInput: (e) => o({ low: Nn(e.currentTarget.value) }),
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
						placeholder: Z(d),
						onInput: (e) => o({ high: Nn(e.currentTarget.value) }),
						"aria-label": "Maximum at most"
					})
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
// src/pages/Layer.tsx
var Fn = 84;
function In({ name: e, query: t }) {
	let n = tt(W(), e), r = G(n ? `layers/${n.id}` : null);
	return n ? r.error ? /* @__PURE__ */ K(Y, {
		title: "Data is missing",
		children: r.error.message
	}) : /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K(Ln, { layer: n }), r.value ? /* @__PURE__ */ K(Bn, {
		layer: n,
		data: r.value,
		query: t
	}) : /* @__PURE__ */ K(X, { what: n.name })] }) : /* @__PURE__ */ K(Y, {
		title: "No such layer",
		children: [
			"Layer “",
			e,
			"” is not in this atlas."
		]
	});
}
function Ln({ layer: e }) {
	let t = W(), { router: n } = H(), r = t.manifest.layers.indexOf(e), [i, a] = [t.manifest.layers[r - 1], t.manifest.layers[r + 1]], o = (e) => () => e ? n.go(B(e.name)) : void 0;
	U({
		"[": o(i),
		"]": o(a)
	});
	let s = e.units;
	return /* @__PURE__ */ K("div", {
		class: "page-head",
		children: [/* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("h1", { children: /* @__PURE__ */ K(q, { text: e.name }) }), /* @__PURE__ */ K("p", {
			class: "lead",
			children: [
				e.op,
				" · ",
				vt(e),
				" · receptive field ",
				bt(e.field),
				" · ",
				Q(s.dead, "dead unit"),
				s.silent > 0 && ` · ${s.silent} never above zero`,
				s.nan > 0 && ` · ${s.nan} with NaN`
			]
		})] }), /* @__PURE__ */ K("div", {
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
function Rn(e, t, n, r) {
	if (e.dead.includes(r)) return "dead";
	switch (t.sort) {
		case "mean": return Z(e.mean[r]);
		case "active": return _t(e.active[r]);
		case "selectivity": return Z(e.selectivity?.[r]);
		case "similar": return r === t.near ? "this" : n.get(r)?.toFixed(2) ?? "–";
		default: return Z(e.maximum[r]);
	}
}
function zn(e, t) {
	let { manifest: n } = W(), r = t.sort === "similar" && t.near !== null && t.near < e.channels ? t.near : null, i = !!n.extras?.alike, a = G(r !== null && i ? `alike/${e.id}` : null), o = G(r !== null && !i ? `layers/${e.id}/${Math.floor(r / e.shard.units)}` : null);
	return z(() => {
		let t = a.error ?? o.error;
		if (r === null) return {
			nearest: [],
			measure: "",
			error: t
		};
		if (a.value) return {
			nearest: Cn(a.value, r),
			measure: wn(a.value),
			error: t
		};
		let n = o.value?.units.find((e) => e.channel === r)?.nearest ?? [];
		return {
			nearest: n,
			measure: n.length ? `${e.neighbours}, the nearest ${n.length} only` : "",
			error: t
		};
	}, [
		r,
		e,
		a.value,
		o.value,
		a.error,
		o.error
	]);
}
function Bn({ layer: e, data: t, query: n }) {
	let r = W(), { router: i, marks: a, toast: o } = H(), s = z(() => On(n), [n]), { nearest: c, measure: l, error: u } = zn(e, s), d = r.manifest.subset?.[e.name], { units: f, counts: p } = z(() => jn(e, t, s, c, d), [
		e,
		t,
		s,
		c
	]), [m, h] = I(() => n.has("at") ? Number(n.get("at")) : -1), g = R(null), _ = f.indexOf(m), v = z(() => new Map(c), [c]), y = (t) => i.replace(B(e.name, kn({
		...s,
		...t
	}))), b = (t) => {
		let n = f[t];
		n !== void 0 && (i.replace(B(e.name, {
			...kn(s),
			at: n
		})), i.go(V(e.name, n)));
	};
	U({
		p: () => y({ view: "photos" }),
		r: () => y({ view: "projections" }),
		b: () => y({ view: "both" }),
		m: () => {
			m >= 0 && o(`${e.name}:${m} ${a.toggle(`${e.name}:${m}`) ? "marked" : "no longer marked"}`);
		}
	});
	let x = s.view === "both" ? ["photos", "projections"] : [s.view], S = {
		width: x.length * Fn + (x.length - 1) * 3 + 12,
		height: 116
	};
	return /* @__PURE__ */ K("div", {
		ref: g,
		children: [/* @__PURE__ */ K(Pn, {
			layer: e,
			data: t,
			view: s,
			counts: p,
			shown: f.length,
			measure: u ? "how alike units are cannot be read" : l,
			change: y
		}), f.length === 0 ? /* @__PURE__ */ K("p", {
			class: "empty",
			children: ["No unit passes these filters. ", /* @__PURE__ */ K("a", {
				href: B(e.name),
				children: ["Show all ", p.all]
			})]
		}) : /* @__PURE__ */ K(Rt, {
			count: f.length,
			cell: S,
			label: `Units of ${e.name}`,
			current: _,
			select: (e) => h(f[e] ?? -1),
			open: b,
			keyOf: (e) => f[e] ?? e,
			render: (n) => {
				let r = f[n], i = t.dead.includes(r), a = t.names?.[r], o = Rn(t, s, v, r);
				return /* @__PURE__ */ K("a", {
					class: i ? "unit dead" : "unit",
					href: V(e.name, r),
					tabIndex: n === Math.max(0, _) ? 0 : -1,
					onFocus: () => h(r),
					onClick: (e) => {
						e.ctrlKey || e.metaKey || e.shiftKey || e.button || (e.preventDefault(), b(n));
					},
					title: `${e.name}:${r}${a ? ` ${a}` : ""}`,
					children: [/* @__PURE__ */ K("span", {
						class: "pair",
						children: x.map((t) => /* @__PURE__ */ K($, {
							layer: e,
							channel: r,
							kind: t,
							side: Fn
						}, t))
					}), /* @__PURE__ */ K("span", {
						class: "caption",
						children: [/* @__PURE__ */ K("b", { children: [/* @__PURE__ */ K("span", {
							class: "heard",
							children: ["Unit ", a ? `${r} ` : ""]
						}), a ? /* @__PURE__ */ K("bdi", { children: a }) : r] }), /* @__PURE__ */ K("span", { children: o })]
					})]
				});
			}
		})]
	});
}
// src/downloads.ts
var Vn = class extends Error {}, Hn = (e, t, n) => rt(e.manifest.paths.sprite, {
	layer: t.id,
	channel: n
}), Un = 4, Wn = 16;
function Gn(e, t, n, r) {
	let i = Math.ceil(t / e), a = e * n + (e - 1) * Un;
	return {
		cells: [0, 1].flatMap((i) => Array.from({ length: t }, (t, o) => ({
			rank: o,
			panel: i,
			x: i * (a + Wn) + o % e * (n + Un),
			y: Math.floor(o / e) * (r + Un)
		}))),
		width: 2 * a + Wn,
		height: i * (r + Un) - Un
	};
}
async function Kn(e) {
	let t = new Image();
	return t.src = e, await t.decode(), t;
}
async function qn(e, t, n) {
	let { store: r, manifest: i } = e;
	if (r.host.readable) return r.host.picture(Hn(e, t, n), e.name);
	if (!i.portable) throw new Vn();
	return r.load(`sprites/${t.id}/${n}`);
}
async function Jn(e, t, n) {
	let r = await Kn(await qn(e, t, n.channel)), { sprite: i, tile: a } = t, [o, s] = [i.width * a.enlarge, i.height * a.enlarge], c = Gn(i.columns, n.images.length, o, s), l = document.createElement("canvas");
	l.width = c.width, l.height = c.height;
	let u = l.getContext("2d");
	u.fillStyle = "#fff", u.fillRect(0, 0, c.width, c.height), u.imageSmoothingEnabled = !1;
	for (let { rank: e, panel: t, x: n, y: a } of c.cells) {
		let c = (t * i.columns + e % i.columns) * i.pitchX, l = Math.floor(e / i.columns) * i.pitchY;
		u.drawImage(r, c, l, i.width, i.height, n, a, o, s);
	}
	return l;
}
function Yn(e) {
	return new Promise((t, n) => {
		try {
			e.toBlob((e) => e ? t(e) : n(new Vn()), "image/png");
		} catch {
			n(new Vn());
		}
	});
}
var Xn = (e) => e.replace(/[&<>"']/g, (e) => `&#${e.charCodeAt(0)};`);
function Zn(e, t, n, r) {
	let { sprite: i, tile: a } = n, [o, s] = [i.width * a.enlarge, i.height * a.enlarge], c = Gn(i.columns, r.images.length, o, s).cells.filter((e) => e.panel === 0).map((e) => `<text x="${e.x + 4}" y="${e.y + s - 5}">${Xn(Z(r.values[e.rank]))}</text>`), l = Xn(`${n.name}:${r.channel}${r.name ? ` ${r.name}` : ""}`);
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
function Qn(e, t, n, r) {
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
function $n(e, t, n, r) {
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
// src/parts/Actions.tsx
function er({ layer: e, shard: t, unit: n }) {
	let r = W(), { router: i, root: a, toast: o } = H(), [s, c] = I(!1), l = `${e.name}:${n.channel}`, u = i.link(V(e.name, n.channel)), d = async (e, t) => o(await Je(e, a) ? `${t} copied` : `${t} could not be copied: ${e}`), f = async (t) => {
		try {
			let i = await Jn(r, e, n), a = await Yn(i);
			t === "png" ? Ye(`${l}.png`, a) : Ye(`${l}.svg`, Zn(i.toDataURL("image/png"), i, e, n), "image/svg+xml");
		} catch (e) {
			e instanceof Vn ? c(!0) : o("The picture cannot be read");
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
				onClick: () => d($n(r, e, n.channel, u), "Citation"),
				children: "Copy citation"
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
				onClick: () => Ye(`${l}.json`, Qn(r, e, t, n)),
				children: "JSON"
			}),
			/* @__PURE__ */ K("a", {
				class: "button",
				href: He(l, `${e.name}:${n.nearest[0]?.[0] ?? n.channel}`),
				children: "Compare"
			}),
			s && /* @__PURE__ */ K(tr, {
				path: Hn(r, e, n.channel),
				unit: l,
				close: () => c(!1)
			})
		]
	});
}
function tr({ path: e, unit: t, close: n }) {
	return U({ Escape: n }, !0), /* @__PURE__ */ K("div", {
		class: "modal",
		"aria-label": "Pictures from disk",
		...ht(n),
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
function nr({ layer: e, shard: t, unit: n, rank: r, go: i, close: a }) {
	let [o, s] = I("pair"), [c, l] = I(1), [u, d] = I(50), f = n.images.length, p = (e) => () => i((r + e + f) % f), m = (e) => () => l((t) => Math.max(1, Math.min(8, t * e))), h = {
		Escape: a,
		ArrowLeft: p(-1),
		ArrowRight: p(1),
		h: p(-1),
		l: p(1),
		"+": m(1.5),
		"=": m(1.5),
		"-": m(1 / 1.5),
		f: () => s(o === "whole" ? "pair" : "whole"),
		o: () => s(o === "overlay" ? "pair" : "overlay"),
		p: () => s("pair")
	};
	for (let e = 0; e < Math.min(9, f); e += 1) h[String(e + 1)] = () => i(e);
	U(h, !0);
	let g = ht(a);
	Te(() => l(1), [r, o]);
	let _ = n.images[r], v = At(t, _), y = kt(t, _), x = typeof innerWidth == "number" ? innerWidth : 1e3, S = typeof innerHeight == "number" ? innerHeight : 800, C = Math.round(Math.max(96, Math.min((x - 80) / (o === "pair" ? 2 : 1), S - 260, 560)) * c), w = {
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
						/* @__PURE__ */ K(ct, {
							label: "View",
							value: o,
							options: [
								["pair", "Side by side"],
								["overlay", "Overlay"],
								["whole", "Whole image"]
							],
							change: s
						}),
						o === "overlay" && /* @__PURE__ */ K("label", {
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
							onClick: a,
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
						o === "pair" && /* @__PURE__ */ K("div", {
							class: "large-pair",
							children: [/* @__PURE__ */ K(Tt, {
								kind: "photos",
								...w
							}), /* @__PURE__ */ K(Tt, {
								kind: "projections",
								...w
							})]
						}),
						o === "overlay" && /* @__PURE__ */ K("div", {
							class: "overlay",
							children: [/* @__PURE__ */ K(Tt, {
								kind: "photos",
								...w
							}), /* @__PURE__ */ K("span", {
								class: "over",
								style: { opacity: String(u / 100) },
								children: /* @__PURE__ */ K(Tt, {
									kind: "projections",
									...w
								})
							})]
						}),
						o === "whole" && /* @__PURE__ */ K("div", {
							class: "large-whole",
							style: { width: `${C}px` },
							children: /* @__PURE__ */ K(Dt, {
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
								href: Be(_),
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
var rr = 480;
function ir(e, t) {
	if (t <= (e[0] ?? 0)) return 0;
	for (let n = 1; n < e.length; n += 1) {
		let r = e[n - 1], i = e[n];
		if (t < i) return Number.isFinite(i - r) ? n - 1 + (t - r) / (i - r) : n - .5;
	}
	return e.length - 1;
}
function ar({ edges: e, first: t, counts: n, marks: r = [], title: i }) {
	if (!n.length) return /* @__PURE__ */ K("p", {
		class: "quiet",
		children: "No responses."
	});
	let a = e.slice(t, t + n.length + 1), o = rr / n.length, s = Math.max(...n), c = (e) => ir(a, e) * o, l = a[Math.round(n.length / 2)], u = n.reduce((e, t) => e + t, 0);
	return /* @__PURE__ */ K("svg", {
		class: "histogram",
		viewBox: `0 0 ${rr} 134`,
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
				x2: rr,
				y1: 102,
				y2: 102
			}),
			r.map((e, t) => e !== null && /* @__PURE__ */ K("path", {
				class: "mark",
				d: `M${c(e)} 104l-3.5 8h7z`
			}, t)),
			/* @__PURE__ */ K("text", {
				x: "0",
				y: 130,
				children: Z(a[0])
			}),
			/* @__PURE__ */ K("text", {
				x: rr / 2,
				y: 130,
				"text-anchor": "middle",
				children: Z(l)
			}),
			/* @__PURE__ */ K("text", {
				x: rr,
				y: 130,
				"text-anchor": "end",
				children: Z(a.at(-1))
			})
		]
	});
}
// src/parts/Details.tsx
function or({ layer: e, data: t, shard: n, unit: r }) {
	let i = W(), a = i.manifest.extras, o = a ? Math.floor(r.channel / a.shard) : 0, s = G(a ? `extras/${e.id}/${o}` : null), c = G(i.store.host.kind === "file" ? null : "experiments"), l = s.value?.units[r.channel - s.value.first], u = (c.value ?? []).filter((t) => t.units.includes(`${e.name}:${r.channel}`));
	return /* @__PURE__ */ K("div", {
		class: "details",
		children: [
			/* @__PURE__ */ K(J, {
				title: "Responses",
				note: `Images by their strongest response, heights by square root; the ${r.values.length} shown above are marked.`,
				children: /* @__PURE__ */ K(ar, {
					edges: t.histogram.edges,
					first: r.histogram.first,
					counts: r.histogram.counts,
					marks: r.values,
					title: "Responses"
				})
			}),
			r.classes.length > 0 && /* @__PURE__ */ K(sr, {
				shard: n,
				unit: r
			}),
			l?.control && /* @__PURE__ */ K(dr, {
				layer: e,
				unit: r,
				extra: l
			}),
			l && s.value && l.bands.length > 0 && /* @__PURE__ */ K(cr, {
				extra: s.value,
				unit: l,
				maximum: r.maximum
			}),
			/* @__PURE__ */ K(lr, {
				layer: e,
				unit: r
			}),
			l && s.value && (l.incoming.length > 0 || s.value.incoming !== "") && /* @__PURE__ */ K(ur, {
				title: "Strongest inputs",
				joints: l.incoming,
				note: s.value.incoming
			}),
			l && s.value && (l.outgoing.length > 0 || s.value.outgoing !== "") && /* @__PURE__ */ K(ur, {
				title: "Strongest outputs",
				joints: l.outgoing,
				note: s.value.outgoing
			}),
			u.length > 0 && /* @__PURE__ */ K(J, {
				title: "Experiments on this unit",
				children: /* @__PURE__ */ K("ul", {
					class: "plain",
					children: u.map((e) => /* @__PURE__ */ K("li", { children: [
						/* @__PURE__ */ K("a", {
							href: Ve(e.name),
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
		]
	});
}
function sr({ shard: e, unit: t }) {
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
function cr({ extra: e, unit: t, maximum: n }) {
	return /* @__PURE__ */ K(J, {
		title: "Lower responses",
		class: "panel wide",
		note: "Patches from images that excite the unit less, at their strongest place: a unit is more than its maxima.",
		children: /* @__PURE__ */ K("div", {
			class: "bands",
			children: t.bands.map((t) => /* @__PURE__ */ K("div", {
				class: "band",
				children: [/* @__PURE__ */ K("h3", { children: [
					n ? `${_t(t.low / n)} to ${_t(t.high / n)}` : "",
					" ",
					/* @__PURE__ */ K("span", {
						class: "quiet",
						children: "of the maximum"
					})
				] }), /* @__PURE__ */ K("div", {
					class: "band-row",
					children: [t.samples.map((t) => {
						let n = kt(e, t.image);
						return /* @__PURE__ */ K("a", {
							href: `#/i/${t.image}`,
							title: `${At(e, t.image)}${n ? `, ${n}` : ""}`,
							children: [/* @__PURE__ */ K(Ot, {
								image: t.image,
								box: t.box,
								label: `Response ${Z(t.value)}, ${At(e, t.image)}`
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
function lr({ layer: e, unit: t }) {
	let n = W(), r = t.nearest.filter(([t]) => nt(n, e.name, t));
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
				href: He(`${e.name}:${t.channel}`, `${e.name}:${n}`),
				"aria-label": `Compare with unit ${n}`,
				title: "Compare",
				children: "⇄"
			})] }, n))
		})
	}) : null;
}
function ur({ title: e, joints: t, note: n }) {
	let r = W(), i = t.some(([e, t]) => nt(r, e, t)), a = Math.max(...t.map(([, , e]) => Math.abs(e)), 0);
	return /* @__PURE__ */ K(J, {
		title: e,
		note: n,
		children: /* @__PURE__ */ K("ol", {
			class: i ? "joints" : "joints bare",
			children: t.map(([e, t, n]) => {
				let o = nt(r, e, t), s = `${e}:${t}`;
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
function dr({ layer: e, unit: t, extra: n }) {
	let { manifest: r } = W();
	if (!r.paths.controls || !n.control) return null;
	let i = rt(r.paths.controls, {
		layer: e.id,
		sheet: Math.floor(t.channel / e.sheet.units)
	});
	return /* @__PURE__ */ K(J, {
		title: "Control",
		note: "The first projection beside one from the same place of the same image with random positive numbers at all units instead of this unit's activation. Projections that look like their control say little about the unit.",
		children: /* @__PURE__ */ K("div", {
			class: "control",
			children: [
				/* @__PURE__ */ K("figure", { children: [/* @__PURE__ */ K(Tt, {
					layer: e,
					channel: t.channel,
					kind: "projections",
					rank: 0,
					side: 112,
					dead: t.dead
				}), /* @__PURE__ */ K("figcaption", { children: "this unit" })] }),
				/* @__PURE__ */ K("figure", { children: [/* @__PURE__ */ K(wt, {
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
var fr = 24, pr = /* @__PURE__ */ new Map();
async function mr(e, t) {
	let n = await e.store.host.picture(t, e.name);
	if (!n) return;
	let r = pr.get(n) ?? new Image();
	pr.delete(n), pr.set(n, r);
	for (let e of [...pr.keys()].slice(0, Math.max(0, pr.size - fr))) pr.delete(e);
	r.src || (r.src = n, await r.decode().catch(() => void 0));
}
async function hr(e, t, n) {
	let r = `layers/${t.id}/${Math.floor(n / t.shard.units)}`, i = (await e.store.load(r).catch(() => null))?.units.find((e) => e.channel === n);
	if (!i || i.dead || !i.images.length) return;
	let a = Et(e, i.images[0]);
	await Promise.all([mr(e, Hn(e, t, n)), a === null ? null : mr(e, a)]);
}
// src/pages/Unit.tsx
function gr({ layer: e, channel: t, query: n }) {
	let r = W(), i = tt(r, e), a = i !== void 0 && t < i.channels, o = r.manifest.subset?.[e], s = G(a ? `layers/${i.id}/${Math.floor(t / i.shard.units)}` : null), c = G(a ? `layers/${i.id}` : null);
	if (!i) return /* @__PURE__ */ K(Y, {
		title: "No such layer",
		children: [
			"Layer “",
			e,
			"” is not in this atlas."
		]
	});
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
	let l = s.error ?? c.error;
	if (l) return /* @__PURE__ */ K(Y, {
		title: "Data is missing",
		children: l.message
	});
	if (!s.value || !c.value) return /* @__PURE__ */ K(X, { what: `${e}:${t}` });
	let u = s.value.units.find((e) => e.channel === t);
	return !u || o && !o.includes(t) ? /* @__PURE__ */ K(Y, {
		title: "Not in this copy",
		children: [
			"This export holds other units of “",
			e,
			"”."
		]
	}) : /* @__PURE__ */ K(vr, {
		layer: i,
		data: c.value,
		shard: s.value,
		unit: u,
		query: n,
		only: o
	});
}
function _r({ layer: e, unit: t, only: n }, r, i) {
	let { manifest: a } = W(), { router: o, marks: s, root: c, toast: l } = H(), u = (r) => {
		if (n) return n[n.indexOf(t.channel) + r] ?? null;
		let i = t.channel + r;
		return i >= 0 && i < e.channels ? i : null;
	}, d = (r) => () => {
		let i = u(r) ?? (n ? null : r < 0 ? 0 : e.channels - 1);
		i !== null && i !== t.channel && o.go(V(e.name, i));
	}, f = (n) => () => {
		let r = a.layers[a.layers.indexOf(e) + n];
		r && o.go(V(r.name, Math.min(t.channel, r.channels - 1)));
	}, p = {
		"[": f(-1),
		"]": f(1),
		p: () => r("photos"),
		r: () => r("projections"),
		b: () => r("both"),
		o: () => i(0),
		f: () => i(0),
		m: () => l(`${e.name}:${t.channel} ${s.toggle(`${e.name}:${t.channel}`) ? "marked" : "no longer marked"}`),
		c: () => c.querySelector("#copy-link")?.click()
	};
	for (let e of [
		"ArrowLeft",
		"ArrowUp",
		"h",
		"k"
	]) p[e] = d(-1);
	for (let e of [
		"ArrowRight",
		"ArrowDown",
		"l",
		"j"
	]) p[e] = d(1);
	for (let e of [
		"Shift+ArrowLeft",
		"Shift+ArrowUp",
		"H",
		"K"
	]) p[e] = d(-5);
	for (let e of [
		"Shift+ArrowRight",
		"Shift+ArrowDown",
		"L",
		"J"
	]) p[e] = d(5);
	for (let e = 0; e < Math.min(9, t.images.length); e += 1) p[String(e + 1)] = () => i(e);
	return U(p), u;
}
function vr(e) {
	let { layer: t, data: n, shard: r, unit: i, query: a } = e, { router: o } = H(), s = W(), c = V(t.name, i.channel), l = [
		"photos",
		"projections",
		"both"
	].find((e) => e === a.get("view")) ?? "both", u = a.has("n") ? Number(a.get("n")) - 1 : null, d = (e) => ze(c, {
		view: l === "both" ? null : l,
		...e
	}), f = (e) => o.replace(ze(c, { view: e === "both" ? null : e })), p = (e) => o.replace(d({ n: e + 1 })), m = _r(e, f, p), [h, g] = I(0);
	L(() => g(0), [c]), L(() => {
		for (let e of [1, -1]) {
			let n = m(e);
			n !== null && hr(s, t, n);
		}
	}, [c]);
	let [_, v] = [m(-1), m(1)], y = br({
		layer: t,
		data: n,
		shard: r,
		unit: i
	}), b = z(() => /* @__PURE__ */ K(or, { ...y }), [y.unit, y.data]);
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
							vt(t),
							" · receptive field ",
							bt(t.field)
						]
					})
				] }), /* @__PURE__ */ K("div", {
					class: "steps",
					children: [_ !== null && /* @__PURE__ */ K("a", {
						href: V(t.name, _),
						"aria-label": `Previous unit, ${_}`,
						title: "Previous unit (←)",
						children: "←"
					}), v !== null && /* @__PURE__ */ K("a", {
						href: V(t.name, v),
						"aria-label": `Next unit, ${v}`,
						title: "Next unit (→)",
						children: "→"
					})]
				})]
			}),
			/* @__PURE__ */ K(xr, {
				layer: t,
				unit: i
			}),
			i.dead || i.images.length === 0 ? /* @__PURE__ */ K("p", {
				class: "empty",
				children: "This unit is zero at every position of every image of the collection: there is nothing to show."
			}) : /* @__PURE__ */ K(jt, {
				layer: t,
				shard: r,
				unit: i,
				view: l,
				show: f,
				active: h,
				activate: g,
				open: p
			}),
			/* @__PURE__ */ K(er, {
				layer: t,
				shard: r,
				unit: i
			}),
			b,
			u !== null && u >= 0 && u < i.images.length && !i.dead && /* @__PURE__ */ K(nr, {
				layer: t,
				shard: r,
				unit: i,
				rank: u,
				go: p,
				close: () => o.replace(d({}))
			})
		]
	});
}
var yr = 100;
function br(e) {
	let [t, n] = I(e);
	return L(() => {
		if (t.unit === e.unit) return;
		let r = setTimeout(() => n(e), yr);
		return () => clearTimeout(r);
	}, [e.unit]), t;
}
function xr({ layer: e, unit: t }) {
	let n = [
		["Maximum", Z(t.maximum)],
		["Mean", Z(t.mean)],
		["Active", _t(t.active)]
	];
	return t.selectivity !== void 0 && n.push(["Class selectivity", Z(t.selectivity)]), t.nan && n.push(["NaN", String(t.nan)]), /* @__PURE__ */ K("dl", {
		class: "stats",
		"aria-label": `Numbers of ${e.name}:${t.channel}`,
		children: n.map(([e, t]) => /* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: e }), /* @__PURE__ */ K("dd", { children: t })] }, e))
	});
}
// src/marks.ts
function Sr() {
	let e = () => {
		try {
			let e = JSON.parse(Xe.get("marks") ?? "[]");
			return Array.isArray(e) ? e.filter((e) => typeof e == "string") : [];
		} catch {
			return [];
		}
	};
	return {
		all: e,
		has: (t) => e().includes(t),
		toggle: (t) => {
			let n = e(), r = n.includes(t) ? n.filter((e) => e !== t) : [...n, t];
			return Xe.set("marks", JSON.stringify(r)), r.length > n.length;
		}
	};
}
// src/app.tsx
function Cr(e, t) {
	let n = R([]);
	return L(() => {
		let r = (e) => {
			let t = e;
			if (t.defaultPrevented || t.ctrlKey || t.metaKey || t.altKey || qe(t) && t.key !== "Escape") return;
			let r = t.composedPath()[0];
			if (t.key !== "Enter" && t.key !== " " || !r.closest?.("a,button,summary,select")) for (let e = n.current.length - 1; e >= 0; --e) {
				let { keys: r, modal: i } = n.current[e], a = Ke(t);
				if (a in r) {
					t.preventDefault(), r[a]?.(t);
					return;
				}
				if (i) return;
			}
		}, i = t ? document : e;
		return i.addEventListener("keydown", r), () => i.removeEventListener("keydown", r);
	}, [e, t]), z(() => (e, t = !1) => {
		let r = {
			keys: e,
			modal: t
		};
		return n.current.push(r), () => {
			n.current = n.current.filter((e) => e !== r);
		};
	}, []);
}
function wr(e) {
	let [t, n] = I(e.hash());
	return L(() => {
		let t = () => n(e.hash());
		return t(), e.subscribe(t);
	}, [e]), z(() => Re(t), [t]);
}
function Tr(e) {
	let t = e.dataset.theme ? e.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
	e.dataset.theme = t ? "light" : "dark", Xe.set("theme", e.dataset.theme);
}
function Er({ host: e, router: t, root: n }) {
	let [r, i] = I(null), [a, o] = I(null), [s, c] = I(""), l = wr(t), u = Cr(n, e.kind !== "notebook"), d = z(() => ({
		router: t,
		root: n,
		listen: u,
		toast: c,
		toggleTheme: () => Tr(n),
		marks: Sr()
	}), [
		t,
		n,
		u
	]);
	return L(() => {
		et(e, "").then(i, (e) => o(e.message));
	}, [e]), L(() => {
		if (!s) return;
		let e = setTimeout(() => c(""), 4e3);
		return () => clearTimeout(e);
	}, [s]), a ? /* @__PURE__ */ K(Y, {
		title: "This atlas cannot be shown",
		children: a
	}) : r ? /* @__PURE__ */ K(Ge.Provider, {
		value: d,
		children: /* @__PURE__ */ K(Qe.Provider, {
			value: r,
			children: [/* @__PURE__ */ K(Or, {
				route: l,
				shell: d,
				atlas: r
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
function Dr(e, t, n) {
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
	L(() => e.listen({
		"?": n,
		d: () => e.toggleTheme(),
		g: r("jump"),
		"/": () => (e.root.querySelector("#search") ?? e.root.querySelector("#jump"))?.focus(),
		x: i,
		Escape: () => {
			let t = e.root.querySelector("input:focus,select:focus");
			t ? t.blur() : e.root.querySelector("#up")?.click();
		}
	}), [e, t]);
}
function Or({ route: e, shell: t, atlas: n }) {
	let [r, i] = I(!1), a = R(null), o = R(!0);
	return Dr(t, n, () => i((e) => !e)), L(() => {
		let r = {
			home: n.manifest.model.name,
			images: "Images",
			compare: "Compare",
			experiments: "Experiments"
		}[e.page];
		t.router.link("") && (document.title = `${r ?? e.rest} – convscope atlas`), o.current ? o.current = !1 : (e.query.has("at") || t.root.scrollIntoView({
			block: "start",
			behavior: "instant"
		}), a.current?.focus({ preventScroll: !0 }));
	}, [`${e.page}/${e.rest}`]), /* @__PURE__ */ K(b, { children: [
		/* @__PURE__ */ K(pt, {
			route: e,
			help: () => i(!0)
		}),
		/* @__PURE__ */ K("main", {
			id: "main",
			tabIndex: -1,
			ref: a,
			children: /* @__PURE__ */ K(kr, { route: e })
		}, e.page),
		r && /* @__PURE__ */ K(gt, { close: () => i(!1) })
	] });
}
function kr({ route: e }) {
	switch (e.page) {
		case "home": return /* @__PURE__ */ K(on, {});
		case "layer": return /* @__PURE__ */ K(In, {
			name: e.rest,
			query: e.query
		}, e.rest);
		case "unit": {
			let t = Ue(e.rest);
			return t ? /* @__PURE__ */ K(gr, {
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
		case "images": return /* @__PURE__ */ K(xn, { query: e.query });
		case "image": return /* @__PURE__ */ K(hn, { number: Number(e.rest) }, e.rest);
		case "compare": return /* @__PURE__ */ K(Gt, { query: e.query });
		case "experiments": return /* @__PURE__ */ K(Yt, {});
		case "experiment": return /* @__PURE__ */ K(en, { name: e.rest });
		default: return /* @__PURE__ */ K(Y, {
			title: "Not here",
			children: "This address leads nowhere in the atlas."
		});
	}
}
// src/style.css?inline
var Ar = ":root,.convscope-box{color-scheme:light dark;--page:light-dark(#fbfbfa,#131416);--panel:light-dark(#fff,#1b1d20);--sunk:light-dark(#f1f1ef,#232529);--line:light-dark(#e1e1de,#33363b);--ink:light-dark(#1b1c1e,#ececea);--soft:light-dark(#5b5e63,#a5a8ad);--accent:light-dark(#0a5c8a,#6fc1ee);--accent-fill:light-dark(#0f74ad,#4aa9de);--accent-soft:light-dark(#e3f0f8,#17303f);--negative:light-dark(#b3471d,#f0935f);--warn:light-dark(#fff6e0,#332a14);--grey:gray;--mark:#ffd34d;--mono:ui-monospace, \"SF Mono\", \"Cascadia Mono\", Menlo, Consolas, \"DejaVu Sans Mono\", monospace;background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%;overflow-wrap:anywhere;scroll-padding-top:8rem;font:15px/1.5 system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Liberation Sans,sans-serif}[data-theme=light]{color-scheme:light}[data-theme=dark]{color-scheme:dark}*,:before,:after{box-sizing:border-box}body{margin:0}.convscope-box{border:1px solid var(--line);border-radius:8px;outline:none;position:relative;overflow:auto}#app,.convscope-box{min-width:0}h1,h2,h3,p,dl,dd,ul,ol,figure{margin:0;padding:0}h1{letter-spacing:-.012em;overflow-wrap:anywhere;font-size:1.6rem;font-weight:650;line-height:1.25}h2{font-size:1rem;font-weight:640}h3{font-size:.86rem;font-weight:600}a{color:var(--accent);text-underline-offset:2px;text-decoration-thickness:1px}.lead{color:var(--soft);max-width:78ch;margin-top:.2rem;font-size:1.02rem}.quiet,.note,small,.op,.hint{color:var(--soft)}.note{max-width:72ch;margin:.1rem 0 .7rem;font-size:.84rem}small{font-size:.8rem;line-height:1.3;display:block}.op{font-size:.84rem}.number,output,.figure{font-variant-numeric:tabular-nums}code,kbd{font-family:var(--mono);font-size:.88em}code{background:var(--sunk);overflow-wrap:anywhere;border-radius:4px;padding:.05em .3em}.hash{background:0 0;padding:0}kbd{border:1px solid var(--line);background:var(--sunk);white-space:nowrap;border-bottom-width:2px;border-radius:5px;padding:.1em .45em}.name{overflow-wrap:anywhere}.cut-name{text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom;max-width:100%;display:inline-block;overflow:hidden}h1 .cut-name{max-width:min(100%,40ch)}.prose{overflow-wrap:anywhere;max-width:72ch;margin:.6rem 0}.heard{clip-path:inset(50%);white-space:nowrap;width:1px;height:1px;position:absolute;overflow:hidden}.skip{position:absolute;left:-99rem}.skip:focus{z-index:60;background:var(--panel);padding:.4rem .8rem;top:.5rem;left:1rem}:focus-visible{outline:2px solid var(--accent-fill);outline-offset:2px;border-radius:3px}main:focus{outline:none}button,.button,input,select{font:inherit;color:inherit}button,.button{background:var(--panel);border:1px solid var(--line);cursor:pointer;color:var(--ink);border-radius:7px;align-items:center;min-height:2.1rem;padding:.28rem .75rem;text-decoration:none;display:inline-flex}button:hover,.button:hover{border-color:var(--soft)}button:disabled{opacity:.45;cursor:default}input,select{background:var(--panel);border:1px solid var(--line);border-radius:7px;max-width:100%;min-height:2.1rem;padding:.28rem .6rem}input[type=range]{min-height:0;accent-color:var(--accent-fill);border:0;padding:0}input::placeholder{color:var(--soft);opacity:1}.icon{justify-content:center;width:2.1rem;min-width:2.1rem;padding:0}.icon svg{fill:none;stroke:currentColor;stroke-width:2px;width:1.1rem;height:1.1rem}.icon .shaded{fill:currentColor;stroke:none}.choice{border:1px solid var(--line);background:var(--sunk);border-radius:8px;gap:2px;padding:2px;display:inline-flex}.choice button{min-height:1.75rem;color:var(--soft);white-space:nowrap;background:0 0;border:0;border-radius:6px;padding:.1rem .65rem}.choice button[aria-pressed=true]{background:var(--panel);color:var(--ink);box-shadow:0 0 0 1px var(--line)}.top{border-bottom:1px solid var(--line);background:color-mix(in srgb, var(--page) 92%, transparent);-webkit-backdrop-filter:blur(8px);backdrop-filter:blur(8px);z-index:20;flex-wrap:wrap;align-items:center;gap:.5rem .9rem;padding:.55rem clamp(.8rem,3vw,2rem);display:flex;position:sticky;top:0}.brand{color:var(--ink);letter-spacing:-.01em;align-items:center;gap:.5rem;font-weight:680;text-decoration:none;display:inline-flex}.brand svg{fill:none;width:1.35rem;height:1.35rem;stroke:var(--accent-fill);stroke-width:2px}.brand circle{fill:var(--accent-fill);stroke:none}.sections{flex:1;gap:.2rem;min-width:0;display:flex}.sections a{white-space:nowrap;color:var(--soft);border-radius:6px;padding:.25rem .6rem;text-decoration:none}.sections a:hover{color:var(--ink);background:var(--sunk)}.sections a[aria-current]{color:var(--ink);font-weight:600}.jump input{width:13rem}.trail{min-width:0;color:var(--soft);flex-basis:100%;gap:.45rem;font-size:.88rem;display:flex}.trail>*{min-width:0}.trail>*+:before{content:\"›\";color:var(--soft);margin-right:.45rem;text-decoration:none;display:inline-block}.trail>:is(a,span){align-items:baseline;max-width:40ch;text-decoration:none;display:inline-flex}.trail a:hover .name{text-decoration:underline}main{outline:none;max-width:1400px;margin:0 auto;padding:1.4rem clamp(.8rem,3vw,2rem) 4rem}.page-head{justify-content:space-between;align-items:flex-start;gap:1rem;margin-bottom:.9rem;display:flex}.page-head>div:first-child{min-width:0}.steps{flex:none;gap:.4rem;display:flex}.steps a{border:1px solid var(--line);background:var(--panel);width:2.3rem;height:2.3rem;color:var(--ink);border-radius:8px;place-items:center;text-decoration:none;display:grid}.steps a:hover{border-color:var(--soft)}.panel{background:var(--panel);border:1px solid var(--line);border-radius:10px;min-width:0;padding:.95rem 1.1rem 1.1rem}.panel>h2+:not(.note){margin-top:.6rem}.warning{background:var(--warn);margin:1rem 0}.warning ul{margin-top:.4rem;padding-left:1.2rem}.cards{grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:1rem;margin-top:1.6rem;display:grid}.facts{gap:.45rem;font-size:.92rem;display:grid}.facts div{grid-template-columns:6.5rem minmax(0,1fr);gap:.6rem;display:grid}dt{color:var(--soft)}dd{overflow-wrap:anywhere;min-width:0}.empty,.problem{text-align:center;color:var(--soft);border:1px dashed var(--line);border-radius:10px;margin-top:1rem;padding:2.5rem 1rem}.problem{border:0;max-width:60ch;margin:3rem auto}.problem h1{color:var(--ink)}.problem .lead{overflow-wrap:anywhere;margin:.6rem auto 1rem}.loading{padding:2rem 0}.chips{flex-wrap:wrap;gap:.4rem;display:flex}.chip{border:1px solid var(--line);background:var(--sunk);border-radius:99px;max-width:100%;padding:.15rem .75rem;text-decoration:none}details>summary{cursor:pointer}.toast{background:var(--ink);color:var(--page);z-index:60;overflow-wrap:anywhere;opacity:0;pointer-events:none;border-radius:8px;max-width:min(90vw,60ch);padding:.5rem 1rem;transition:opacity .15s;position:fixed;bottom:1.4rem;left:50%;translate:-50%}.toast[data-shown=true]{opacity:1}.tile{background-color:var(--grey);-webkit-print-color-adjust:exact;print-color-adjust:exact;background-repeat:no-repeat;flex:none;display:block;box-shadow:inset 0 0 0 1px #8883}.tile.projection{filter:contrast(var(--boost,3))}.sharp,.cut.sharp image{image-rendering:pixelated}.tile.none{background:repeating-linear-gradient(45deg, var(--sunk) 0 4px, var(--line) 4px 5px);width:32px;height:32px}.pair{justify-content:center;align-items:center;gap:3px;display:flex}.caption{font-variant-numeric:tabular-nums;justify-content:space-between;gap:.4rem;min-width:0;font-size:.8rem;line-height:1.3;display:flex}.caption b{text-overflow:ellipsis;white-space:nowrap;min-width:0;font-weight:600;overflow:hidden}.caption span{color:var(--soft);white-space:nowrap}.whole,.cut{background:var(--sunk);width:100%;display:block}.whole .beyond,.cut .beyond{fill:var(--grey)}.whole .missing{fill:var(--sunk)}.whole .shade{fill:#000;opacity:.38}.whole .field,.whole .field-halo{fill:none;stroke:var(--mark);stroke-width:2px;vector-effect:non-scaling-stroke}.whole .field-halo{stroke:#000;stroke-width:4px;opacity:.55}.map-head{flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.6rem;margin:1.6rem 0 .7rem;display:flex}.map{gap:.45rem;list-style:none;display:grid;position:relative}.map:before{content:\"\";background:var(--line);width:2px;position:absolute;top:1rem;bottom:1rem;left:1.05rem}.station{min-width:0;padding-left:2.3rem;position:relative}.station:before{content:\"\";background:var(--page);border:3px solid var(--accent-fill);border-radius:50%;width:.85rem;height:.85rem;margin-top:-.43rem;position:absolute;top:50%;left:.66rem}.station>a{background:var(--panel);border:1px solid var(--line);color:var(--ink);border-radius:10px;grid-template-columns:minmax(9rem,1.3fr) 8.2rem 8rem 4.6rem auto;align-items:center;gap:.4rem 1.1rem;padding:.6rem 1rem;text-decoration:none;display:grid}.station>a:hover,.station.current>a{border-color:var(--accent-fill)}.station.current>a{box-shadow:0 0 0 1px var(--accent-fill)}.station-name{min-width:0;display:grid}.station-name b{min-width:0;font-weight:620}.station-field{font-variant-numeric:tabular-nums;align-items:center;gap:.6rem;display:flex}.station-dead{color:var(--soft);font-variant-numeric:tabular-nums;text-align:right;font-size:.88rem}.station-dead.some{color:var(--negative);font-weight:600}.glyph{flex:none;width:34px;height:34px}.glyph .frame{fill:var(--sunk);stroke:var(--line)}.glyph .filled{fill:var(--accent-fill);opacity:.75}.strip{gap:2px;display:grid;overflow:hidden}.strip>span{gap:2px;display:flex}.passed{color:var(--soft);padding-left:2.3rem;font-size:.85rem;position:relative}.passed ul{gap:.2rem;padding:.5rem 0 .5rem 1rem;list-style:none;display:grid}.passed li{flex-wrap:wrap;gap:.2rem 1rem;display:flex}.passed .name{min-width:16rem}.bar{border-block:1px solid var(--line);flex-wrap:wrap;align-items:center;gap:.6rem .9rem;margin-bottom:.7rem;padding:.7rem 0;font-size:.9rem;display:flex}.contrast{color:var(--soft);align-items:center;gap:.45rem;font-size:.9rem;display:inline-flex}.bar label,.range{color:var(--soft);align-items:center;gap:.45rem;display:inline-flex}.bar select{max-width:15rem;color:var(--ink)}.bar .few{width:5.6rem}.bar .find{width:11rem}.count{white-space:nowrap;margin-left:auto;font-weight:600}.virtual{list-style:none;position:relative}.virtual>li{position:absolute}.unit{color:var(--ink);background:0 0;border:1px solid #0000;border-radius:8px;align-content:start;gap:.2rem;width:100%;height:100%;min-height:0;padding:5px 6px 4px;text-decoration:none;display:grid}button.unit{align-items:start;display:grid}.unit .pair{min-height:0}.unit:hover{background:var(--panel);border-color:var(--line)}.virtual>.current .unit{background:var(--accent-soft);border-color:var(--accent-fill)}.unit.dead .pair{opacity:.35}.unit:focus-visible{outline-offset:-1px;border-radius:8px}.thumb img{aspect-ratio:1;object-fit:cover;background:var(--grey);border-radius:4px;width:100%;height:auto}.thumb small{min-width:0;overflow:hidden}.unit-name{font-size:1.1rem;font-weight:600}.stats{flex-wrap:wrap;gap:.4rem 2rem;margin-bottom:1.1rem;display:flex}.stats div{align-items:baseline;gap:.5rem;display:flex}.stats dt{font-size:.85rem}.stats dd{font-variant-numeric:tabular-nums;font-weight:640}.examples{grid-template-columns:minmax(0,1fr) minmax(0,19rem);align-items:start;gap:.8rem 2rem;display:grid}.examples-bar{flex-wrap:wrap;grid-column:1/-1;align-items:center;gap:.5rem 1rem;display:flex}.hint{font-size:.84rem}.panels{gap:1.4rem;min-width:0;display:grid}.panels-2{grid-template-columns:repeat(2,minmax(0,1fr))}figcaption{color:var(--soft);margin-bottom:.4rem;font-size:.84rem}.nine{justify-content:start;gap:4px;display:grid}.cell{cursor:zoom-in;background:0 0;border:0;border-radius:0;min-height:0;padding:0;display:block;position:relative}.cell.active:after{content:\"\";border:2px solid var(--mark);pointer-events:none;position:absolute;inset:-2px;box-shadow:0 0 0 1px #000,inset 0 0 0 1px #0008}.cell:focus-visible{outline-offset:1px;z-index:2}.looked{min-width:0}.looked dl{gap:.15rem;margin-top:.6rem;font-size:.9rem;display:grid}.looked dl div{grid-template-columns:5.2rem minmax(0,1fr);gap:.5rem;display:grid}.actions{flex-wrap:wrap;gap:.5rem;margin:1.3rem 0 1.4rem;display:flex}.details{grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1rem;display:grid}.wide>.note{max-width:none}:is(h1,.lead)+.bar{margin-top:.9rem}.details .wide{grid-column:1/-1}.histogram{width:100%;height:auto;display:block;overflow:visible}.histogram .bar{fill:var(--accent-fill);opacity:.75}.histogram .axis{stroke:var(--line)}.histogram .mark{fill:var(--negative)}.histogram text{fill:var(--soft);font-size:14px}.bars,.joints{gap:.35rem;font-size:.9rem;list-style:none;display:grid}.bars li{grid-template-columns:minmax(0,10rem) 1fr 4.4rem;align-items:center;gap:.7rem;display:grid}.joints li{grid-template-columns:34px minmax(0,12rem) minmax(3.4rem,1fr) 4.4rem;align-items:center;gap:.7rem;display:grid}.joints.bare li{grid-template-columns:minmax(0,1fr) 3.4rem 4.4rem}.joint-name,.joint-name a{white-space:nowrap;min-width:0;display:flex}.joint-name span{text-overflow:ellipsis;white-space:nowrap;overflow:hidden}.bars .number,.joints .number{text-align:right}.bar-name{text-overflow:ellipsis;white-space:nowrap;min-width:0;overflow:hidden}.bar-track{background:var(--sunk);border-radius:3px;height:.6rem;overflow:hidden}.bar-track>span{background:var(--accent-fill);height:100%;display:block}.bar-track.negative>span{background:var(--negative)}.tiles{flex-wrap:wrap;gap:.7rem;list-style:none;display:flex}.tiles li{position:relative}.tiles li>a:first-child{color:var(--ink);border-radius:4px;gap:.15rem;text-decoration:none;display:grid}.tiles li>a:first-child:hover .caption b{text-decoration:underline}.versus{color:#fff;opacity:0;background:#000b;padding:0 .35rem;font-size:.8rem;text-decoration:none;position:absolute;top:0;right:0}.tiles li:hover .versus,.versus:focus-visible{opacity:1}.bands{grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:1rem 1.6rem;display:grid}.band-row{gap:.5rem;min-height:5.4rem;margin-top:.35rem;display:flex}.band-row .quiet{font-size:.85rem}.band-row a{width:72px;color:var(--soft);align-content:start;gap:.1rem;font-size:.8rem;text-decoration:none;display:grid}.control{flex-wrap:wrap;align-items:flex-end;gap:1rem;display:flex}.control figcaption{margin:.3rem 0 0}.control p{align-self:center;max-width:12rem;font-size:.85rem;display:grid}.figure{font-size:1.7rem;font-weight:640;line-height:1.1}.plain{gap:.3rem;list-style:none;display:grid}.modal{z-index:50;background:#0009;place-items:center;padding:1rem;display:grid;position:fixed;inset:0;overflow:auto}.sheet{background:var(--panel);border:1px solid var(--line);border-radius:12px;min-width:0;max-width:min(96vw,1250px);max-height:94vh;padding:1.2rem 1.4rem 1.4rem;position:relative;overflow:auto}.sheet>.close{position:absolute;top:.8rem;right:.8rem}.close{font-size:1.2rem;line-height:1}.narrow{max-width:34rem}.narrow ul{gap:.4rem;margin-top:.6rem;padding-left:1.2rem;display:grid}.narrow p{margin-top:.6rem}.help .columns{grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1.2rem 2.2rem;margin-top:.8rem;display:grid}.help dl{gap:.35rem;margin-top:.4rem;display:grid}.help dl div{grid-template-columns:8.2rem 1fr;align-items:baseline;gap:.4rem;display:grid}.help dt{color:var(--ink)}.help{width:min(96vw,62rem)}.lightbox{grid-template-rows:auto minmax(0,1fr) auto;padding:.8rem 1rem;display:grid}.lightbox-bar{flex-wrap:wrap;align-items:center;gap:.6rem 1rem;display:flex}.lightbox-bar .close{margin-left:auto}.slider{color:var(--soft);align-items:center;gap:.5rem;font-size:.88rem;display:inline-flex}.zoom{align-items:center;gap:.4rem;display:inline-flex}.zoom output{text-align:center;min-width:3.4rem}.stage{max-height:calc(94vh - 9.5rem);margin:.8rem 0;overflow:auto}.large-pair{justify-content:safe center;gap:6px;display:flex}.overlay{width:fit-content;margin:0 auto;position:relative}.overlay .over{position:absolute;inset:0}.large-whole{margin:0 auto}.lightbox-foot{justify-content:space-between;align-items:center;gap:1rem;min-width:0;display:flex}.lightbox-foot p{text-align:center;min-width:0;font-size:.92rem}.lightbox-foot .cut-name{max-width:22ch}.image-page{grid-template-columns:minmax(0,22rem) minmax(0,1fr);align-items:start;gap:1.4rem 2rem;display:grid}.image-page>div{gap:1rem;display:grid}.sticky{position:sticky;top:6.6rem}.looked figcaption+*{margin-top:0}.sticky figcaption{min-height:1.4em;margin:.5rem 0 0}.path{font-size:.84rem}.image-page details{margin-top:.8rem}.image-page details ul{margin-top:.6rem}.versus-pair{grid-template-columns:repeat(2,minmax(0,1fr));align-items:start;gap:1rem;margin-top:.8rem;display:grid}.measure{font-size:.84rem}.half .panels{grid-template-columns:auto auto;justify-content:start;overflow-x:auto}.half .note{margin-top:.5rem}.half h2{min-width:0}.compare-bar input{width:13rem}.experiments{grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:1rem;margin-top:1.2rem;list-style:none;display:grid}.experiments a{border:1px solid var(--line);background:var(--panel);color:var(--ink);overflow-wrap:anywhere;border-radius:10px;align-content:start;gap:.25rem;min-width:0;height:100%;padding:.8rem;text-decoration:none;display:grid}.experiments a:hover{border-color:var(--accent-fill)}.experiments img,.no-figure{object-fit:contain;background:#fff;border-radius:6px;width:100%;height:9.5rem;margin-bottom:.3rem;display:block}.no-figure{background:var(--sunk);color:var(--soft);padding:.5rem .8rem;overflow:hidden}.no-figure>span{border-bottom:1px solid var(--line);white-space:nowrap;grid-auto-columns:minmax(0,1fr);grid-auto-flow:column;gap:.8rem;padding:.3rem 0;font-size:.8rem;display:grid}.no-figure>span:first-child{font-weight:600}.no-figure bdi{text-overflow:ellipsis;overflow:hidden}.findings{grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));align-items:start;gap:1rem;margin-top:1rem;display:grid}.findings .result{margin:0}.findings table{width:100%}.findings .actions{margin:.9rem 0 0}.clamp{-webkit-line-clamp:3;-webkit-box-orient:vertical;font-size:.88rem;display:-webkit-box;overflow:hidden}.result{margin:1rem 0}.result img{border:1px solid var(--line);background:#fff;border-radius:8px;max-width:100%}.scroll{max-height:27rem;overflow:auto}.scroll th{background:var(--panel);position:sticky;top:0}.scroll tbody tr:hover td{background:var(--sunk)}table{border-collapse:separate;border-spacing:0;min-width:min(100%,24rem);font-size:.9rem}th,td{text-align:left;border-bottom:1px solid var(--line);white-space:nowrap;padding:.3rem .9rem .3rem 0}th{color:var(--soft);font-weight:600}th.number,td.number{text-align:right;padding:.3rem 0 .3rem .9rem}@media (width<=1100px){.station>a{grid-template-columns:minmax(8rem,1fr) auto auto auto}.strip{grid-column:1/-1}}@media (width<=820px){.examples,.image-page{grid-template-columns:minmax(0,1fr)}.looked{max-width:24rem}.sticky{position:static}.versus-pair{grid-template-columns:minmax(0,1fr)}}@media (width<=560px){:root{font-size:14.5px}h1{font-size:1.3rem}.sections{flex-basis:100%;order:3;overflow-x:auto}.jump{flex:1}.jump input{width:100%}.panels{gap:.8rem}.half .panels{grid-template-columns:auto}.sections a{padding:.25rem .42rem}.nine{gap:2px}.station,.passed{padding-left:1.5rem}.map:before{left:.42rem}.station:before{left:.05rem}.station>a{grid-template-columns:minmax(0,1fr) auto;padding:.6rem .8rem}.station-dead{text-align:left}.count{margin-left:0}.joints li{grid-template-columns:34px minmax(0,1fr) 3rem 4.2rem}.joints.bare li{grid-template-columns:minmax(0,1fr) 3rem 4.2rem}.bars li{grid-template-columns:minmax(0,8rem) 1fr 4.2rem}.sheet{padding:.9rem}.passed .name{min-width:0}}@media (prefers-reduced-motion:reduce){*{scroll-behavior:auto!important;transition:none!important;animation:none!important}}@media print{:root{color-scheme:light;background:#fff}.top,.actions,.steps,.examples-bar,.toast,.modal,.versus{display:none!important}main{max-width:none;padding:0}.panel{break-inside:avoid;border:0;padding:.3rem 0}.examples{grid-template-columns:minmax(0,2.4fr) minmax(0,1fr)}.cell.active:after,.whole .field-halo{display:none}a{color:inherit;text-decoration:none}}";
// src/widget.tsx
function jr(e) {
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
var Mr = { render({ model: e, el: t }) {
	let n = t.attachShadow({ mode: "open" }), r = document.createElement("style");
	r.textContent = Ar;
	let i = document.createElement("div");
	i.className = "convscope-box", i.tabIndex = -1, i.style.height = `${Number(e.get("height")) || 720}px`, n.append(r, i);
	let a = We(String(e.get("route") ?? "#/"));
	i.addEventListener("click", (e) => {
		let t = e.composedPath()[0].closest?.("a[href^=\"#/\"]");
		!t || e.ctrlKey || e.metaKey || e.shiftKey || (e.preventDefault(), a.go(t.getAttribute("href") ?? "#/"));
	});
	let { host: o, close: s } = jr(e);
	return j(/* @__PURE__ */ K(Er, {
		host: o,
		router: a,
		root: i
	}), i), () => {
		j(null, i), s();
	};
} };
export { Mr as default };
