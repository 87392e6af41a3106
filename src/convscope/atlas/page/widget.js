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
	s && ((n = _({ constructor: d }, r)).__v = r.__v + 1, e.vnode && e.vnode(n), ie(s, n, r, t.__n, s.namespaceURI, 32 & r.__u ? [i] : null, a, i || S(r), 32 & r.__u, o), n.__v = r.__v, n.__.__k[n.__i] = n, se(a, n, o), r.__ = r.__e = null, n.__e != i && w(n));
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
function D(e, t, n, r, i, a, o, s, c, l, u) {
	var d, m, h, g, _, v, y = r.__k || p, b = t.length;
	for (c = O(n, t, y, c, b), d = 0; d < b; d++) (h = n.__k[d]) != null && (m = ~h.__i && y[h.__i] || f, h.__i = d, v = ie(e, h, m, i, a, o, s, c, l, u), g = h.__e, (m.ref != h.ref || 8 & m.__u) && (m.ref && le(m.ref, null, h, m), h.ref && u.push(h.ref, h.__c || g, h)), _ ||= g, 4 & h.__u ? (c = k(h, c, e, !m.__v), m.__e && (m.__e = null)) : typeof h.type == "function" && v !== void 0 ? c = v : g && (c = g.nextSibling), h.__u &= -21);
	return n.__e = _, c;
}
function O(e, t, n, r, i) {
	var a, o, s, c, l, u, f, p, m, g = n.length, _ = g, v = 0, x = 0, C = e.__k = Array(i);
	for (a = 0; a < i; a++) (o = t[a]) != null && typeof o != "boolean" && typeof o != "function" ? (typeof o != "object" || o.constructor === String ? o = C[a] = y(null, o) : h(o) ? o = C[a] = y(b, { children: o }) : o.constructor === d && o.__b ? o = C[a] = y(o.type, o.props, o.key, o.ref, o.__v) : C[a] = o, c = a + v, o.__ = e, o.__b = e.__b + 1, s = null, ~(l = o.__i = ee(o, n, c, _)) && (_--, (s = n[l]) && (s.__u |= 2)), s && s.__v ? (o.__u |= 16, l == c - 1 ? v-- : l == c + 1 ? v++ : l != c && (l > c ? v-- : v++, x = 1)) : (~l || (i > g ? v-- : i < g && v++), typeof o.type != "function" && (o.__u |= 4))) : C[a] = null;
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
function k(e, t, n, r) {
	var i, a, o, s;
	if (typeof e.type == "function") {
		if (e.props.__P) return t;
		if (i = e.__k) for (a = 0; a < i.length; a++) i[a] && (i[a].__ = e, t = k(i[a], t, n, !1));
		return t;
	}
	for (t && !t.parentNode && (t = S(e)) && !t.parentNode && (t = null), o = e.__e, s = t; s && s.nodeType == 8;) s = s.nextSibling;
	for (o != s && (!r && n.moveBefore && o.parentNode ? n.moveBefore(o, t) : n.insertBefore(o, t || null)), t = o; (t &&= t.nextSibling) && t.nodeType == 8 && !t.data.startsWith("$s"););
	return t;
}
function ee(e, t, n, r) {
	var i, a = e.key, o = e.type, s = t[n], c = s && !(2 & s.__u);
	if (s === null && a == null || c && a == s.key && o == s.type) return n;
	if (r > +!!c) {
		for (i = n - 1; i >= 0; i--) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
		for (i = n + 1; i < t.length; i++) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
	}
	return -1;
}
function te(e, t, n) {
	n ??= "", t[0] == "-" ? e.setProperty(t, n) : e[t] = n;
}
function ne(e, t, n, r, i) {
	var a, o;
	if (t == "style") {
		if (typeof n == "string") e.style.cssText = n;
		else {
			if (typeof r == "string" && (e.style.cssText = r = ""), r) for (t in r) n && t in n || te(e.style, t);
			if (n) for (t in n) r && n[t] == r[t] || te(e.style, t, n[t]);
		}
	} else if (t[0] == "o" && t[1] == "n") typeof n != "function" && (n = null), typeof r != "function" && (r = null), (e.__e ||= {})[t] = n, n && r || (o = l[t] || (l[t] = re(t)), (e.__a ||= {})[t] = c, a = t != (t = t.replace(s, "$1")), (t = t.slice(2))[0] < "a" && (t = t.toLowerCase()), n ? e.addEventListener(t, o, a) : e.removeEventListener(t, o, a));
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
function re(t) {
	return function(n) {
		var r = this.__e;
		if (r) {
			if (r = r[t], n[o] == null) n[o] = c++;
			else if (n[o] < this.__a[t]) return;
			return r(e.event ? e.event(n) : n);
		}
	};
}
function ie(t, n, r, i, a, o, s, c, l, u) {
	var f, m, g, y, C, w, T, E, O, k, ee, te, ne, re, ie, se, le, fe, A = n.type;
	if (n.constructor !== d) return null;
	128 & r.__u && (l = 32 & r.__u, f = r.__c.__z) && (n.__u |= l, m = o = [], f.nodeType == 8 ? c = ae(f, o) : o.push(f), c = o[0] || c), (f = e.__b) && f(n);
	n: if (typeof A == "function") {
		g = s.length;
		try {
			if (E = n.props, O = (f = A.prototype) && f.render, k = (f = A.contextType) && i[f.__c], ee = f ? k ? k.props.value : f.__ : i, (y = r.__c) ? (n.__c = y, 2 & y.__g && (y.__g |= 1)) : (O ? n.__c = y = new A(E, ee) : (n.__c = y = new x(E, ee), y.constructor = A, y.render = de), k && k.sub(y), y.state || (y.state = {}), y.__n = i, y.__g |= 8, y.__h = [], y.__k = []), O && (y.__s || (y.__s = y.state), A.getDerivedStateFromProps && (y.__s == y.state && (y.__s = _({}, y.__s)), _(y.__s, A.getDerivedStateFromProps(E, y.__s)))), C = y.props, w = y.state, y.__v = n, r.__c) {
				if (E !== C && O && !A.getDerivedStateFromProps && y.componentWillReceiveProps && y.componentWillReceiveProps(E, ee), n.__v == r.__v && !(8 & y.__g) || !(4 & y.__g) && y.shouldComponentUpdate && !1 === y.shouldComponentUpdate(E, y.__s, ee)) {
					n.__v != r.__v && (y.props = E, y.state = y.__s, y.__g &= -9), n.__e = r.__e, n.__k = r.__k, n.__k.some(function(e) {
						e && (e.__ = n);
					}), p.push.apply(y.__h, y.__k), y.__k = [], y.__h.length && s.push(y), c = S(r);
					break n;
				}
				y.componentWillUpdate && y.componentWillUpdate(E, y.__s, ee), O && y.componentDidUpdate && y.__h.push(function() {
					y.componentDidUpdate(C, w, T);
				});
			} else O && !A.getDerivedStateFromProps && y.componentWillMount && y.componentWillMount(), O && y.componentDidMount && y.__h.push(y.componentDidMount);
			y.context = ee, y.props = E, y.__P = t, y.__g &= -5, te = e.__r, ne = O ? 25 : 0;
			do
				y.__g &= -9, te && te(n), f = y.render(y.props, y.state = y.__s, y.context);
			while (8 & y.__g && ++ne < 25);
			O && (p.push.apply(y.__h, y.__k), y.__k = []), y.state = y.__s, y.getChildContext && (i = _({}, i, y.getChildContext())), O && r.__c && y.getSnapshotBeforeUpdate && (T = y.getSnapshotBeforeUpdate(C, w)), re = f && f.type === b && f.key == null ? f.props.children : f, E.__P && (f = c, a = (t = E.__P).namespaceURI, l = o = null, r.props && r.props.__P != t && (r.__k.some(function(e) {
				e && ue(e, e);
			}), r.__k = null), c = r.__k ? S(r, 0) : null), c = D(t, h(re) ? re : [re], n, r, i, a, o, s, c, l, u), E.__P && (n.__e = null, c = f), n.__u &= -161, m && m.some(v), y.__h.length && s.push(y), 1 & y.__g && (y.__g &= -4);
		} catch (t) {
			if (s.length = g, n.__v = null, l || o) {
				if (t && t.then) {
					if (n.__u |= 128 | l, o) {
						for (~(le = o.indexOf(c || void 0)) || (le = o.length); (fe = o[le - 1]) && fe.nodeType == 8;) le--;
						for (; le < o.length; le++) if (fe = o[le]) {
							if (o[le] = null, ie) {
								if (fe == se) break;
							} else {
								if (fe.nodeType != 8) break;
								fe.data.startsWith("$s") && (se = ae(ie = fe));
							}
						}
					}
					if (!ie) {
						for (; c && c.nodeType == 8 && c.nextSibling;) c = c.nextSibling;
						ie = c;
					}
					(f = ae(ie = n.__c.__z || (n.__c.__z = ie))) ? (n.__e = ie, c = f) : n.__e = c, c &&= c.nextSibling;
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
	for (var i = 0; i < r.length;) le(r[i++], r[i++], r[i++]);
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
	var d, p, _, y, b, x, C, w, T = r.props || f, E = n.props, O = n.type;
	if (O == "svg" ? a = "http://www.w3.org/2000/svg" : O == "math" ? a = "http://www.w3.org/1998/Math/MathML" : a ||= "http://www.w3.org/1999/xhtml", o) {
		for (d = 0; d < o.length; d++) if ((b = o[d]) && (O ? b.localName == O : b.nodeType == 3)) {
			t = b, o[d] = null;
			break;
		}
	}
	if (!t) {
		if (w = u.ownerDocument || document, !O) return w.createTextNode(E);
		t = w.createElementNS(a, O, E.is ? E : u), c &&= (e.__m && e.__m(n, o), !1), o = null;
	}
	if (O) {
		if (u = O == "template" && t.content || t, o = O == "textarea" && E.defaultValue != null ? null : o && g.call(u.childNodes), !c && o) for (T = {}, d = 0; d < t.attributes.length; d++) T[(b = t.attributes[d]).name] = b.value;
		for (d in T) b = T[d], d == "dangerouslySetInnerHTML" ? _ = b : d == "children" || d in E || d == "value" && "defaultValue" in E || d == "checked" && "defaultChecked" in E || ne(t, d, null, b, a);
		for (d in E) b = E[d], d == "children" ? y = b : d == "dangerouslySetInnerHTML" ? p = b : d == "value" ? x = b : d == "checked" ? C = b : c && typeof b != "function" || T[d] === b || ne(t, d, b, T[d], a);
		p ? (c || _ && (p.__html == _.__html || p.__html == t.innerHTML) || (t.innerHTML = p.__html), n.__k = []) : (_ && (t.textContent = ""), (O == "foreignObject" || a == "http://www.w3.org/1998/Math/MathML" && m.test(O)) && (a = "http://www.w3.org/1999/xhtml"), D(u, h(y) ? y : [y], n, r, i, a, o, s, o ? o[0] : r.__k && S(r, 0), c, l), o && o.some(v)), c && O != "textarea" || (d = "value", O == "progress" && x == null ? t.removeAttribute(d) : x == null || x === t[d] && (O != "progress" || x) || ne(t, d, x, T[d], a), d = "checked", C != null && C != t[d] && ne(t, d, C, T[d], a));
	} else T === E || c && t.data == E || (t.data = E);
	return t;
}
function le(t, n, r, i) {
	try {
		typeof t == "function" ? n ? n.__x = t(n) || 1 : (i &&= i.__c || i.__e) && (n = i.__x) && (i.__x = null, typeof n == "function" ? n() : t(null)) : t.current = n;
	} catch (t) {
		e.__e(t, r);
	}
}
function ue(t, n, r) {
	var i, a, o, s;
	if (e.unmount && e.unmount(t), !(i = t.ref) || i.current && i.current != t.__e || le(i, null, n, t), i = t.__c) {
		if (i.componentWillUnmount) try {
			i.componentWillUnmount();
		} catch (t) {
			e.__e(t, n);
		}
		i.__P = i.__n = null;
	}
	if (i = t.__k) for (s = 0; s < i.length; s++) i[s] && ue(i[s], n, typeof t.type != "function" || r && !t.props.__P);
	!r && (i = t.__c) && (i = i.__z) && (a = ae(i, o = [])) && (i == t.__e && o.some(v), v(a), v(i)), r || v(t.__e), t.__e = t.__c = t.__ = null;
}
function de(e, t, n) {
	return this.constructor(e, n);
}
function fe(t, n) {
	var r, i, a, o;
	e.__ && e.__(t, n), n.nodeType == 9 && (n = n.documentElement), i = (r = t && 32 & t.__u) ? null : n.__k, n.__k = y(b, { children: [t] }), a = [], o = [], ie(n, n.__k, i || f, f, n.namespaceURI, i ? null : n.firstChild ? g.call(n.childNodes) : null, a, i ? i.__e : n.firstChild, r, o), se(a, n.__k, o), n.__k.props.children = null;
}
function A(e) {
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
var pe, j, me, he, ge = Object.is, _e = 0, ve = [], ye = [], M = e, be = M.__b, xe = M.__r, Se = M.diffed, Ce = M.__c, we = M.unmount, Te = M.__;
function Ee(e, t) {
	M.__h && M.__h(j, e, _e || t), _e = 0;
	var n = j.__H || (j.__H = {
		__: [],
		__h: []
	});
	return e >= n.__.length && n.__.push({}), n.__[e];
}
function N(e) {
	return _e = 1, De(ze, e);
}
function De(e, t, n) {
	var r = Ee(pe++, 2);
	if (r.t = e, !r.__c && (r.__ = [n ? n(t) : ze(void 0, t), function(e) {
		var t = (r.__N || r.__)[0], n = r.t(t, e);
		ge(t, n) || (r.__N = [n, r.__[1]], r.__c.setState({}));
	}], r.__c = j, !j.__f)) {
		j.__f = !0;
		var i = j.shouldComponentUpdate;
		j.shouldComponentUpdate = function(e, t, n) {
			var r = this.__H;
			if (!r) return !0;
			var a = !1, o = this.props != e;
			if (r.__.some(function(e) {
				e.__N && (a = !0, ge(e.__[0], e.__N[0]) || (o = !0));
			}), i) {
				var s = i.call(this, e, t, n);
				return a ? s || o : s;
			}
			return !a || o;
		};
	}
	return r.__;
}
function P(e, t) {
	var n = Ee(pe++, 3);
	!M.__s && Re(n.__H, t) && (n.__P = !0, n.__ = e, n.u = t, j.__H.__h.push(n));
}
function Oe(e, t) {
	var n = Ee(pe++, 4);
	!M.__s && Re(n.__H, t) && (n.__P = !1, n.__ = e, n.u = t, j.__h.push(n));
}
function F(e) {
	return _e = 5, I(function() {
		return { current: e };
	}, []);
}
function I(e, t) {
	var n = Ee(pe++, 7);
	return Re(n.__H, t) && (n.__ = e(), n.__H = t), n.__;
}
function ke(e, t) {
	return _e = 8, I(function() {
		return e;
	}, t);
}
function Ae(e) {
	var t = j.context[e.__c], n = Ee(pe++, 9);
	return n.c = e, t ? (n.__ ?? (n.__ = !0, t.sub(j)), t.props.value) : e.__;
}
function je() {
	var e = Ee(pe++, 11);
	if (!e.__) {
		for (var t = j.__v; !t.__m && t.__;) t = t.__;
		var n = t.__m || (t.__m = [0, 0]);
		e.__ = "P" + n[0] + "-" + n[1]++;
	}
	return e.__;
}
function Me() {
	var e;
	do {
		for (; e = ye.shift();) try {
			Ie(e);
		} catch (t) {
			M.__e(t, { __: (e = e.__P) && e.__v });
		}
		for (; e = ve.shift();) {
			var t = e.__H;
			if (e.__P && t) try {
				t.__h.some(Ie), t.__h.some(Le), t.__h = [];
			} catch (n) {
				t.__h = [], M.__e(n, e.__v);
			}
		}
	} while (ye.length);
}
M.__b = function(e) {
	j = null, be && be(e);
}, M.__ = function(e, t) {
	e && t.__k && t.__k.__m && (e.__m = t.__k.__m), Te && Te(e, t);
}, M.__r = function(e) {
	xe && xe(e), pe = 0;
	var t = (j = e.__c).__H;
	t && (me == j ? j.__h = [] : (t.__h.some(Ie), t.__h.some(Le), pe = 0), t.__h = [], t.__.some(function(e) {
		e.__N && (e.__ = e.__N), e.u = e.__N = void 0;
	})), me = j;
}, M.diffed = function(e) {
	Se && Se(e);
	var t = e.__c;
	t && t.__H && (t.__H.__h.length && Fe(ve.push(t)), t.__H.__.some(function(e) {
		e.u && (e.__H = e.u);
	})), me = j = null;
}, M.__c = function(e, t) {
	t.some(function(e) {
		try {
			e.__h.some(Ie), e.__h = e.__h.filter(function(e) {
				return !e.__ || Le(e);
			});
		} catch (t) {
			e.__h = [function() {
				throw t;
			}];
		}
	}), Ce && Ce(e, t);
}, M.unmount = function(e) {
	we && we(e);
	var t, n, r = e.__c;
	r && r.__H && (r.__H.__.some(function(r) {
		try {
			if (r.__P && r.__c) {
				if (n === void 0) {
					for (n = e.__; n && (!n.__c || !n.__c.__P);) n = n.__;
					n &&= n.__c;
				}
				r.__P = n, Fe(ye.push(r));
			} else Ie(r);
		} catch (e) {
			t = e;
		}
	}), r.__H = void 0, t && M.__e(t, r.__v));
};
var Ne = typeof requestAnimationFrame == "function";
function Pe(e) {
	var t, n = function() {
		clearTimeout(r), Ne && cancelAnimationFrame(t), setTimeout(e);
	}, r = setTimeout(n, 35);
	Ne && (t = requestAnimationFrame(n));
}
function Fe(e) {
	e != 1 && he == M.requestAnimationFrame || ((he = M.requestAnimationFrame) || Pe)(Me);
}
function Ie(e) {
	var t = j, n = e.__c;
	typeof n == "function" && (e.__c = void 0, n()), j = t;
}
function Le(e) {
	var t = j;
	e.__c = e.__(), j = t;
}
function Re(e, t) {
	return !e || e.length != t.length || t.some(function(t, n) {
		return !ge(t, e[n]);
	});
}
function ze(e, t) {
	return typeof t == "function" ? t(e) : t;
}
// src/shell.ts
var Be = A(null);
function L() {
	let e = Ae(Be);
	if (!e) throw Error("no shell");
	return e;
}
function R(e, t = !1) {
	let n = L(), r = F(e);
	r.current = e, Oe(() => {
		let e = new Proxy({}, {
			get: (e, t) => typeof t == "string" ? r.current[t] : void 0,
			has: (e, t) => typeof t == "string" && t in r.current
		});
		return n.listen(e, t);
	}, [n, t]);
}
function Ve(e) {
	return e.ctrlKey || e.metaKey ? `Ctrl+${e.key.toLowerCase()}` : e.shiftKey && e.key.length > 1 ? `Shift+${e.key}` : e.key;
}
function He(e) {
	let t = e.composedPath()[0] ?? e.target;
	return !t || !("tagName" in t) ? !1 : t.tagName === "INPUT" ? ![
		"button",
		"checkbox",
		"radio",
		"range"
	].includes(t.type) : t.tagName === "TEXTAREA" || t.tagName === "SELECT" || t.isContentEditable;
}
async function Ue(e, t) {
	try {
		return await navigator.clipboard.writeText(e), !0;
	} catch {
		let n = document.createElement("textarea");
		n.value = e, n.setAttribute("aria-hidden", "true"), t.append(n), n.select();
		let r = document.execCommand("copy");
		return n.remove(), r;
	}
}
function We(e, t, n = "application/json") {
	let r = typeof t == "string" ? new Blob([t], { type: n }) : t, i = document.createElement("a");
	i.href = URL.createObjectURL(r), i.download = e.replace(/[^A-Za-z0-9._-]+/g, "_"), i.click(), setTimeout(() => URL.revokeObjectURL(i.href), 1e4);
}
var Ge = {
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
function Ke(e, t) {
	let n = F([]);
	return P(() => {
		let r = (e) => {
			let t = e, r = Ve(t), i = t.ctrlKey || t.metaKey;
			if (t.defaultPrevented || t.altKey || i && r !== "Ctrl+k" || He(t) && t.key !== "Escape" && !i) return;
			let a = t.composedPath()[0];
			if ((t.key === "Enter" || t.key === " ") && a.closest?.("a,button,summary,select")) return;
			let o = n.current.filter((e) => e.modal).slice(-1), s = (o.length ? o : n.current).findLast(({ keys: e }) => r in e);
			s && (t.preventDefault(), s.keys[r]?.(t));
		}, i = t ? document : e;
		return i.addEventListener("keydown", r), () => i.removeEventListener("keydown", r);
	}, [e, t]), I(() => (e, t = !1) => {
		let r = {
			keys: e,
			modal: t
		};
		return n.current.push(r), () => {
			n.current = n.current.filter((e) => e !== r);
		};
	}, []);
}
function qe(e) {
	let t = e.dataset.theme ? e.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
	e.dataset.theme = t ? "light" : "dark", Ge.set("theme", e.dataset.theme);
}
// node_modules/preact/jsx-runtime/dist/jsxRuntime.mjs
var Je = Symbol.for("pv"), Ye = 0;
Array.isArray;
function z(t, n, r, i, a, o) {
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
		constructor: Je,
		__v: --Ye,
		__i: -1,
		__u: 0
	};
	return (a || o) && (u.__source = a, u.__self = o), e.vnode && e.vnode(u), u;
}
// src/parts/frame.tsx
var Xe = () => /* @__PURE__ */ z("svg", {
	viewBox: "0 0 24 24",
	"aria-hidden": "true",
	children: [
		/* @__PURE__ */ z("rect", {
			x: "1.5",
			y: "1.5",
			width: "21",
			height: "21",
			rx: "3"
		}),
		/* @__PURE__ */ z("rect", {
			x: "6.5",
			y: "6.5",
			width: "11",
			height: "11",
			rx: "1.5"
		}),
		/* @__PURE__ */ z("circle", {
			cx: "12",
			cy: "12",
			r: "2"
		})
	]
});
function Ze({ main: e }) {
	return /* @__PURE__ */ z("a", {
		class: "skip",
		href: "#main",
		onClick: (t) => {
			t.preventDefault(), e()?.focus();
		},
		children: "Skip to content"
	});
}
var Qe = ({ theme: e, help: t }) => /* @__PURE__ */ z(b, { children: [/* @__PURE__ */ z("button", {
	class: "icon",
	type: "button",
	onClick: e,
	"aria-label": "Light or dark",
	title: "Light or dark (d)",
	children: /* @__PURE__ */ z("svg", {
		viewBox: "0 0 24 24",
		"aria-hidden": "true",
		children: [/* @__PURE__ */ z("circle", {
			cx: "12",
			cy: "12",
			r: "8"
		}), /* @__PURE__ */ z("path", {
			d: "M12 4a8 8 0 0 1 0 16z",
			class: "shaded"
		})]
	})
}), /* @__PURE__ */ z("button", {
	class: "icon",
	type: "button",
	onClick: t,
	"aria-label": "Keyboard",
	title: "Keyboard (?)",
	children: "?"
})] }), $e = ({ rows: e, class: t }) => /* @__PURE__ */ z("dl", {
	class: t,
	children: e.map(([e, t]) => /* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z("dt", { children: /* @__PURE__ */ z("kbd", { children: e }) }), /* @__PURE__ */ z("dd", { children: t })] }, e))
});
function et(e) {
	let [t, n] = N(e.hash());
	return P(() => {
		let t = () => n(e.hash());
		return t(), e.subscribe(t);
	}, [e]), t;
}
// src/route.ts
var tt = (e) => encodeURIComponent(e).replace(/%3A/g, ":").replace(/%2F/g, "/");
function nt(e) {
	try {
		return decodeURIComponent(e);
	} catch {
		return e;
	}
}
function rt(e) {
	let t = e.replace(/^#\/?/, ""), n = t.indexOf("?"), r = n < 0 ? t : t.slice(0, n), i = new URLSearchParams(n < 0 ? "" : t.slice(n + 1)), [a = "", ...o] = r.split("/"), s = nt(o.join("/")), c = {
		"": "home",
		l: "layer",
		u: "unit",
		c: s ? "class" : "unknown",
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
function it(e, t) {
	let n = new URLSearchParams();
	for (let [e, r] of Object.entries(t)) r != null && r !== "" && n.set(e, String(r));
	let r = n.toString();
	return r ? `${e}?${r}` : e;
}
var B = (e, t = {}) => it(`#/l/${tt(e)}`, t), V = (e, t) => `#/u/${tt(`${e}:${t}`)}`, at = (e) => `#/c/${tt(e)}`, H = (e) => `#/i/${e}`, ot = (e) => `#/e/${tt(e)}`, st = (e, t, n = "") => it("#/compare", {
	a: e,
	b: t,
	with: n
}), ct = (e) => e.page === "unit" && e.query.has("embed");
function U(e) {
	let t = /^(.+?):(\d+)(@\d+,\d+)?$/.exec(e.trim());
	return t ? {
		layer: t[1],
		channel: Number(t[2])
	} : null;
}
function lt(e) {
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
var ut = class {
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
}, dt = A(null);
function W() {
	let e = Ae(dt);
	if (!e) throw Error("no atlas");
	return e;
}
function G(e, t) {
	let n = Ae(dt), r = (t ?? n)?.store, [, i] = N(0), [a, o] = N(null), s = e === null ? void 0 : r?.peek(e), c = s !== void 0 && s.value !== void 0;
	return P(() => {
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
function ft(e, t) {
	let n = Ae(dt), r = t ?? n, i = e === null || !r ? void 0 : r.store.host.picture(e, r.name), a = typeof i == "string" ? i : void 0, [o, s] = N(null);
	return P(() => {
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
function pt(e) {
	let t = ft(e), [n, r] = N(null);
	return P(() => {
		if (t === void 0) return;
		let e = new Image();
		return e.onerror = () => r(t), e.src = t, () => {
			e.onerror = null;
		};
	}, [t]), t !== void 0 && n === t;
}
async function mt(e, t) {
	let n = new ut(e, t), r = await n.load("manifest");
	if (r.format !== "convscope-atlas") throw Error("This folder holds something that is no atlas.");
	if (r.schema > 1) throw Error(`This atlas was written by a newer convscope (format ${r.schema}; this page reads 1). Open it with that release, or build it again with this one.`);
	return {
		store: n,
		manifest: r,
		name: t
	};
}
function ht(e, t) {
	return e.manifest.layers.find((e) => e.name === t);
}
function gt(e, t, n) {
	let r = e.manifest.subset?.[t];
	return r && !r.includes(n) ? void 0 : ht(e, t);
}
function K(e, t) {
	return e.replace(/\{(\w+)\}/g, (e, n) => String(t[n] ?? ""));
}
// src/parts/small.tsx
function q({ text: e, plain: t }) {
	return /* @__PURE__ */ z("bdi", {
		class: t ? "name" : "name cut-name",
		title: e,
		children: e
	});
}
function _t({ rows: e }) {
	return /* @__PURE__ */ z("dl", {
		class: "facts",
		children: e.map(([e, t]) => /* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z("dt", { children: e }), /* @__PURE__ */ z("dd", { children: t })] }, e))
	});
}
function J(e) {
	let t = je();
	return /* @__PURE__ */ z("section", {
		class: e.class ?? "panel",
		"aria-labelledby": t,
		children: [
			/* @__PURE__ */ z("h2", {
				id: t,
				children: e.title
			}),
			e.note !== void 0 && /* @__PURE__ */ z("p", {
				class: "note",
				children: e.note
			}),
			e.children
		]
	});
}
function vt({ field: e, input: t }) {
	let [, n, r] = t, i = e ? Math.max(.07, Math.min(1, e.size[0] / n)) : 1, a = e ? Math.max(.07, Math.min(1, e.size[1] / r)) : 1;
	return /* @__PURE__ */ z("svg", {
		class: "glyph",
		viewBox: "0 0 30 30",
		"aria-hidden": "true",
		children: [/* @__PURE__ */ z("rect", {
			class: "frame",
			x: "1",
			y: "1",
			width: "28",
			height: "28"
		}), /* @__PURE__ */ z("rect", {
			class: "filled",
			x: 15 - 14 * a,
			y: 15 - 14 * i,
			width: 28 * a,
			height: 28 * i
		})]
	});
}
function Y({ title: e, children: t }) {
	return /* @__PURE__ */ z("div", {
		class: "problem",
		role: "alert",
		children: [
			/* @__PURE__ */ z("h1", { children: e }),
			/* @__PURE__ */ z("p", {
				class: "lead",
				children: t
			}),
			/* @__PURE__ */ z("p", { children: /* @__PURE__ */ z("a", {
				href: "#/",
				children: "All layers"
			}) })
		]
	});
}
function yt({ name: e }) {
	let { manifest: t } = W(), n = G("network");
	if (!n.value && !n.error) return /* @__PURE__ */ z(X, { what: "the network" });
	let r = n.value?.layers.some((t) => t.name === e);
	return /* @__PURE__ */ z(Y, {
		title: "No such layer",
		children: [
			r ? `The network has a layer “${e}”, and this atlas does not show it: build it again with --layers.` : `Layer “${e}” is not in this atlas.`,
			" It shows",
			" ",
			t.layers.slice(0, 12).map((e, t) => /* @__PURE__ */ z("span", { children: [t > 0 && ", ", /* @__PURE__ */ z("a", {
				href: B(e.name),
				children: e.name
			})] }, e.id)),
			t.layers.length > 12 && ", …"
		]
	});
}
function bt({ name: e, number: t }) {
	let { manifest: n } = W(), r = /* @__PURE__ */ z(q, { text: e ?? `class ${t}` });
	return e !== void 0 && n.classes ? /* @__PURE__ */ z("a", {
		href: at(e),
		children: r
	}) : r;
}
var X = ({ what: e }) => /* @__PURE__ */ z("p", {
	class: "quiet loading",
	role: "status",
	children: [
		"Loading ",
		e,
		"…"
	]
});
function xt(e) {
	return /* @__PURE__ */ z("div", {
		class: "choice",
		role: "group",
		"aria-label": e.label,
		children: e.options.map(([t, n]) => /* @__PURE__ */ z("button", {
			type: "button",
			"aria-pressed": e.value === t,
			onClick: () => e.change(t),
			children: n
		}, t))
	});
}
var St = [
	"1",
	"2",
	"4"
];
function Ct() {
	let { root: e } = L(), [t, n] = N(Ge.get("boost") ?? "1"), r = (t) => {
		e.style.setProperty("--boost", t), Ge.set("boost", t), n(t);
	};
	return R({ e: () => r(St[(St.indexOf(t) + 1) % St.length] ?? "1") }), /* @__PURE__ */ z("span", {
		class: "contrast",
		children: [/* @__PURE__ */ z("span", {
			"aria-hidden": "true",
			children: "Contrast"
		}), /* @__PURE__ */ z(xt, {
			label: "Contrast of projections",
			value: t,
			options: St.map((e) => [e, `${e}×`]),
			change: r
		})]
	});
}
// src/parts/Header.tsx
function wt(e) {
	let t = e.page === "unit" ? U(e.rest) : null;
	return t ? [{
		words: t.layer,
		href: B(t.layer, { at: t.channel })
	}, {
		words: String(t.channel),
		href: null
	}] : e.page === "layer" ? [{
		words: e.rest,
		href: null
	}] : e.page === "class" ? [{
		words: "Classes",
		href: null
	}, {
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
function Tt({ route: e, help: t, search: n }) {
	let r = L(), i = wt(e), a = i.length > 1 ? i[0]?.href ?? "#/" : i.length ? "#/" : null, o = e.page === "layer" || i.length > 1, s = G(W().store.host.kind === "file" ? null : "experiments"), c = [
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
	], l = document.querySelector("meta[name=\"convscope-bench\"]")?.content;
	return s.value?.length && c.push([
		"#/e",
		"Experiments",
		e.page.startsWith("experiment")
	]), /* @__PURE__ */ z("header", {
		class: "top",
		children: [
			/* @__PURE__ */ z(Ze, { main: () => r.root.querySelector("#main") }),
			/* @__PURE__ */ z("a", {
				class: "brand",
				href: "#/",
				"aria-label": "convscope: home",
				id: a === "#/" && !o ? "up" : void 0,
				children: [/* @__PURE__ */ z(Xe, {}), /* @__PURE__ */ z("span", { children: "convscope" })]
			}),
			/* @__PURE__ */ z("nav", {
				class: "sections",
				"aria-label": "Sections",
				children: [c.map(([e, t, n]) => /* @__PURE__ */ z("a", {
					href: e,
					"aria-current": n ? "true" : void 0,
					children: t
				}, e)), l && /* @__PURE__ */ z("a", {
					href: l,
					children: "Bench"
				})]
			}),
			/* @__PURE__ */ z("button", {
				id: "search-all",
				class: "jump",
				type: "button",
				onClick: n,
				title: "Search (/ or Ctrl K)",
				children: [
					/* @__PURE__ */ z("span", { children: "Search" }),
					" ",
					/* @__PURE__ */ z("kbd", {
						"aria-hidden": "true",
						children: "/"
					})
				]
			}),
			/* @__PURE__ */ z(Qe, {
				theme: r.toggleTheme,
				help: t
			}),
			o && /* @__PURE__ */ z("nav", {
				class: "trail",
				"aria-label": "Where you are",
				children: [[
					"layer",
					"unit",
					"class"
				].includes(e.page) && /* @__PURE__ */ z("a", {
					href: "#/",
					id: a === "#/" ? "up" : void 0,
					children: "Layers"
				}), i.map((e) => e.href ? /* @__PURE__ */ z("a", {
					href: e.href,
					id: e.href === a ? "up" : void 0,
					children: /* @__PURE__ */ z(q, { text: e.words })
				}, e.words) : /* @__PURE__ */ z("span", {
					"aria-current": "page",
					children: /* @__PURE__ */ z(q, { text: e.words })
				}, e.words))]
			})
		]
	});
}
// src/parts/KeyHelp.tsx
var Et = [
	["Anywhere", [
		["?", "this list"],
		["/ or Ctrl K", "search everything"],
		["g", "go to layer:unit"],
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
		["z", "zoom to the projection, or all of the field"],
		["f", "photos in their images"],
		["o", "lay projection over photo"],
		["← →", "once open: previous, next"],
		["+ −", "zoom"],
		["c", "copy link"]
	]]
];
function Dt(e) {
	let t = F(null), n = F(!1);
	return Oe(() => {
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
		onPointerDown: (e) => {
			n.current = e.target === t.current;
		},
		onClick: (r) => n.current && r.target === t.current && e()
	};
}
function Ot({ close: e }) {
	return R({
		Escape: e,
		"?": e
	}, !0), /* @__PURE__ */ z("div", {
		class: "modal",
		"aria-label": "Keyboard",
		...Dt(e),
		children: /* @__PURE__ */ z("div", {
			class: "sheet help",
			children: [
				/* @__PURE__ */ z("button", {
					class: "icon close",
					type: "button",
					onClick: e,
					"aria-label": "Close",
					"data-first": !0,
					children: "×"
				}),
				/* @__PURE__ */ z("h2", { children: "Keyboard" }),
				/* @__PURE__ */ z("div", {
					class: "columns",
					children: Et.map(([e, t]) => /* @__PURE__ */ z("section", { children: [/* @__PURE__ */ z("h3", { children: e }), /* @__PURE__ */ z($e, { rows: t })] }, e))
				})
			]
		})
	});
}
// src/classes.ts
function kt(e = !0) {
	let { manifest: t } = W(), n = t.classes !== void 0, r = t.paths.logits !== void 0, i = G(e && n ? "classes/index" : null), a = G(e && r ? "logits/index" : null), o = (!n || !!(i.value ?? i.error)) && (!r || !!(a.value ?? a.error));
	return I(() => ({
		collection: i.value,
		network: a.value,
		ready: o
	}), [
		i.value,
		a.value,
		o
	]);
}
var At = (e, t, n) => e?.layers.includes(t) ? e.names[n] ?? null : null, jt = (e, t) => (e ?? []).flatMap((e, n) => e === t ? [n] : []), Mt = 2e3;
function Nt(e) {
	let t;
	try {
		t = JSON.parse(e ?? "{}");
	} catch {
		return {};
	}
	return typeof t != "object" || !t || Array.isArray(t) ? {} : Object.fromEntries(Object.entries(t).filter((e) => typeof e[1] == "string").map(([e, t]) => [e, t.slice(0, Mt)]));
}
function Pt(e) {
	let t = `marks.${e?.model.fingerprint.slice(0, 16) ?? ""}`, n = /* @__PURE__ */ new Set(), r = Nt(Ge.get(t)), i = (e) => {
		r = e, Ge.set(t, JSON.stringify(e)), n.forEach((e) => e());
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
			[e]: t.slice(0, Mt)
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
var Ft = A(Pt(null));
function It() {
	let e = Ae(Ft), [, t] = N(0);
	return P(() => e.subscribe(() => t((e) => e + 1)), [e]), e;
}
// src/search.ts
function Lt(e) {
	let t = e.trim().toLowerCase(), n = t.split(/\s+/).map((e) => ({
		word: e,
		begun: RegExp(`(^|[^\\p{L}\\p{N}])${e.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}`, "u")
	}));
	return (e) => {
		let r = e.toLowerCase();
		return !t || !n.every(({ word: e }) => r.includes(e)) ? null : r === t ? 0 : r.startsWith(t) ? 1 : n.every(({ begun: e }) => e.test(r)) ? 2 : 3;
	};
}
function Rt(e, t, n, r) {
	let i = Lt(n), a = e.flatMap((e, n) => {
		let r = t(e).flatMap((e) => e ? i(e) ?? [] : []);
		return r.length ? [{
			one: e,
			at: n,
			rank: Math.min(...r)
		}] : [];
	});
	return a.sort((e, t) => e.rank - t.rank || e.at - t.at), {
		found: a.slice(0, r).map(({ one: e }) => e),
		count: a.length
	};
}
function zt(e) {
	let t = /* @__PURE__ */ new Map();
	for (let [n, r, i] of e) {
		let e = `${n}:${r}`, a = t.get(e) ?? {
			layer: n,
			channel: r,
			images: 0,
			rank: i
		};
		t.set(e, {
			...a,
			images: a.images + 1,
			rank: Math.min(a.rank, i)
		});
	}
	return [...t.values()].sort((e, t) => t.images - e.images || e.rank - t.rank || t.layer - e.layer || e.channel - t.channel);
}
// src/words.ts
function Z(e) {
	if (e == null || Number.isNaN(e)) return "–";
	let t = Math.abs(e);
	return t === 0 ? "0" : t >= 1e5 || t < .001 ? e.toExponential(2) : String(Number(e.toPrecision(4)));
}
function Bt(e) {
	return /^-?\d+\.\d+$|e/i.test(e) && e.replace(/e.*|^[-0.]+|\./gi, "").length > 4 ? Z(Number(e)) : e;
}
function Vt(e, t = "") {
	return Object.entries(e).flatMap(([e, n]) => n == null ? [[t + e, "–"]] : Array.isArray(n) && n.every((e) => typeof e != "object") ? [[t + e, n.join(", ") || "none"]] : typeof n == "object" && !Array.isArray(n) ? Vt(n, `${t}${e}.`) : [[t + e, typeof n == "string" ? n : JSON.stringify(n)]]);
}
var Ht = (e) => e == null ? "–" : `${Z(100 * e)} %`, Ut = (e) => e == null ? "–" : `${Math.round(100 * e)} %`, Q = (e, t, n = `${t}s`) => `${e.toLocaleString("en")} ${e === 1 ? t : n}`;
function Wt(e) {
	return e.spatial ? `${e.channels} × ${e.height} × ${e.width}` : String(e.channels);
}
var Gt = (e) => e[0] === e[1] ? Z(e[0]) : `${Z(e[0])} × ${Z(e[1])}`;
function Kt({ field: e, gates: t, exact: n }) {
	let r = [t === "part" ? "of a gate" : t === "held" ? "gates held" : "", n === !1 ? "at most" : ""], i = e === null ? "whole image" : `${Gt(e.size)} px, stride ${Gt(e.stride)}`, a = r.filter(Boolean).join(", ");
	return a ? `${i} (${a})` : i;
}
function qt(e, t) {
	let n = e.slice(0, Math.max(0, e.lastIndexOf("."))), r = n ? t.filter((e) => e.name.startsWith(`${n}.`)) : [];
	return r.length >= 3 && r.at(-1)?.name === e ? `output of ${n}` : "";
}
var Jt = .9, Yt = ({ control: e }) => (e?.median ?? 0) > Jt, Xt = (e) => e.replace("T", " ").replace("Z", " UTC"), Zt = (e) => e.slice(e.lastIndexOf("/") + 1) || e, Qt = 64;
function $t({ path: e, grid: t, panel: n, cell: r, side: i, label: a, boost: o, part: s, from: c }) {
	let l = ft(e, c), u = i / Math.max(t.width, t.height), [d, f, p, m] = s ?? [
		0,
		0,
		1,
		1
	], h = u / m, g = h > 2 && (t.lossless || Math.max(t.width, t.height) <= Qt), [_, v] = h > 1 ? [(g ? .02 : .5) / t.height, (g ? .02 : .5) / t.width] : [0, 0], [y, b, x, S] = [
		d + _,
		f + v,
		p - 2 * _,
		m - 2 * v
	], [C, w] = [u / x, u / S], T = (n * t.columns + r % t.columns) * t.pitchX + b * t.width, E = Math.floor(r / t.columns) * t.pitchY + y * t.height, D = a ? {
		role: "img",
		"aria-label": a
	} : { "aria-hidden": !0 };
	return /* @__PURE__ */ z("span", {
		class: `tile${g ? " sharp" : ""}${o ? " projection" : ""}`,
		style: {
			width: `${t.width * u}px`,
			height: `${t.height * u}px`,
			backgroundImage: l ? `url("${l}")` : "none",
			backgroundPosition: `${-T * w}px ${-E * C}px`,
			backgroundSize: `${t.panels * t.columns * t.pitchX * w}px ${t.rows * t.pitchY * C}px`
		},
		...D
	});
}
var en = ({ side: e }) => /* @__PURE__ */ z("span", {
	class: "tile none",
	"aria-hidden": "true",
	style: {
		width: `${e}px`,
		height: `${e}px`
	}
});
function $(e) {
	let t = W(), { layer: n, channel: r, kind: i, side: a, label: o, from: s = null } = e, c = n.sheet;
	return /* @__PURE__ */ z($t, {
		path: K((s ?? t).manifest.paths[i], {
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
function tn(e, t) {
	let [n, r] = [e.boxes[t], e.content?.[t]];
	if (!n || !r) return null;
	let [i, a] = [n[2] - n[0], n[3] - n[1]], o = [
		(r[0] - n[0]) / i,
		(r[1] - n[1]) / a,
		(r[2] - r[0]) / i,
		(r[3] - r[1]) / a
	];
	return o[2] > 0 && o[3] > 0 && (o[2] < 1 || o[3] < 1) ? o : null;
}
function nn(e) {
	let t = W(), { layer: n, unit: r, kind: i, rank: a, side: o, zoom: s, region: c = [
		0,
		0,
		1
	], from: l = null } = e, { paths: u } = (l ?? t).manifest, d = s ? tn(r, a) : null, f = d !== null && n.content?.kept === !0 && u.content !== void 0;
	return /* @__PURE__ */ z($t, {
		path: r.dead || r.values[a] === 0 ? null : K(f ? u.content : u.sprite, {
			layer: n.id,
			channel: r.channel
		}),
		grid: n.sprite,
		panel: i === "photos" ? 0 : 1,
		cell: a,
		side: o,
		boost: i === "projections",
		part: rn(f ? null : d, c),
		from: l
	});
}
function rn(e, [t, n, r]) {
	let [i, a, o, s] = e ?? [
		0,
		0,
		1,
		1
	];
	return r === 1 ? e : [
		i + t * o,
		a + n * s,
		r * o,
		r * s
	];
}
function an([e, t, n], r) {
	let i = Math.max(1 / 8, Math.min(1, n / (r.times ?? 1))), [a, o] = r.at ?? [.5, .5], s = (e) => Math.max(0, Math.min(1 - i, e));
	return [
		s(e + (r.down ?? 0) * n + a * (n - i)),
		s(t + (r.right ?? 0) * n + o * (n - i)),
		i
	];
}
// src/parts/WholeImage.tsx
function on(e, t) {
	let n = e.manifest.paths.image;
	return n === null ? null : K(n, {
		image: t,
		thousand: Math.floor(t / 1e3)
	});
}
function sn({ image: e, name: t, box: n, part: r = null, region: i = [
	0,
	0,
	1
], from: a = null, square: o }) {
	let s = W(), c = a ?? s, [, l, u] = c.manifest.model.input, d = ft(on(c, e), a), [f, p] = N(null), m = d !== void 0 && d !== f, [h, g, _, v] = n ?? [
		0,
		0,
		l,
		u
	], y = n ? Math.min(u / 2, Math.max(0, -h, -g, _ - l, v - u)) : 0, [x, S] = [u + 2 * y, l + 2 * y];
	return /* @__PURE__ */ z("svg", {
		class: "whole",
		viewBox: [
			i[1] * x - y,
			i[0] * S - y,
			i[2] * x,
			i[2] * S
		].join(" "),
		...o ? {
			"aria-hidden": !0,
			style: {
				width: `${o}px`,
				height: `${o}px`
			}
		} : {
			role: "img",
			"aria-label": `Whole image ${t}${n ? ", receptive field marked" : ""}`
		},
		children: [
			/* @__PURE__ */ z("rect", {
				class: "beyond",
				x: -y,
				y: -y,
				width: u + 2 * y,
				height: l + 2 * y
			}),
			m ? /* @__PURE__ */ z("image", {
				href: d,
				width: u,
				height: l,
				preserveAspectRatio: "none",
				onError: () => p(d)
			}) : /* @__PURE__ */ z(b, { children: [/* @__PURE__ */ z("rect", {
				class: "missing",
				width: u,
				height: l
			}), (d !== void 0 || c.manifest.paths.image === null) && /* @__PURE__ */ z("text", {
				x: u / 2,
				y: l / 2,
				"font-size": l / 14,
				"text-anchor": "middle",
				children: d === void 0 ? "whole images are not kept" : "image is missing"
			})] }),
			n && /* @__PURE__ */ z(b, { children: [
				/* @__PURE__ */ z("path", {
					class: "shade",
					"fill-rule": "evenodd",
					d: `M${-y} ${-y}h${u + 2 * y}v${l + 2 * y}h${-u - 2 * y}z M${g} ${h}h${v - g}v${_ - h}h${g - v}z`
				}),
				/* @__PURE__ */ z("rect", {
					class: "field-halo",
					x: g,
					y: h,
					width: v - g,
					height: _ - h
				}),
				/* @__PURE__ */ z("rect", {
					class: "field",
					x: g,
					y: h,
					width: v - g,
					height: _ - h
				}),
				r && r[2] - r[0] < _ - h && /* @__PURE__ */ z("rect", {
					class: "part",
					x: r[1],
					y: r[0],
					width: r[3] - r[1],
					height: r[2] - r[0]
				})
			] })
		]
	});
}
function cn({ image: e, side: t }) {
	let n = ft(on(W(), e));
	return n ? /* @__PURE__ */ z("img", {
		class: "small-image",
		src: n,
		alt: "",
		width: t,
		height: t,
		loading: "lazy"
	}) : /* @__PURE__ */ z("span", {
		class: "tile none",
		style: {
			width: `${t}px`,
			height: `${t}px`
		}
	});
}
function ln({ image: e, box: t, label: n }) {
	let r = W(), [, i, a] = r.manifest.model.input, o = ft(on(r, e)), [s, c, l, u] = t;
	return /* @__PURE__ */ z("svg", {
		class: l - s < 40 ? "cut sharp" : "cut",
		viewBox: `${c} ${s} ${u - c} ${l - s}`,
		role: "img",
		"aria-label": n,
		children: [/* @__PURE__ */ z("rect", {
			class: "beyond",
			x: c,
			y: s,
			width: u - c,
			height: l - s
		}), o && /* @__PURE__ */ z("image", {
			href: o,
			width: a,
			height: i,
			preserveAspectRatio: "none"
		})]
	});
}
// src/parts/Search.tsx
var [un, dn, fn] = [
	6,
	10,
	40
], pn = (e, t, n) => ({
	href: V(e.name, t),
	words: `${e.name}:${t}`,
	...n ? { more: n } : {},
	picture: /* @__PURE__ */ z(b, { children: [/* @__PURE__ */ z($, {
		layer: e,
		channel: t,
		kind: "photos",
		side: 44
	}), /* @__PURE__ */ z($, {
		layer: e,
		channel: t,
		kind: "projections",
		side: 44
	})] })
});
function mn(e, t, n) {
	let r = t.page === "layer" ? t.rest : U(t.rest)?.layer, i = U(/^\d+$/.test(n) && r ? `${r}:${n}` : n), a = i && gt(e, i.layer, i.channel);
	return i && a && i.channel < a.channels ? [pn(a, i.channel)] : [];
}
function hn() {
	let e = W(), t = G("network").value, n = G(e.manifest.extras ? "profiles/index" : null).value, r = G("images/index").value, [i, a] = N([]);
	return P(() => {
		for (let t of e.manifest.layers.filter((e) => e.units.named)) e.store.load(`layers/${t.id}`).then((e) => a((n) => [...n, {
			layer: t,
			data: e
		}]), () => void 0);
	}, [e]), {
		network: t,
		profiles: n,
		named: i,
		index: r
	};
}
function gn(e, t) {
	let { manifest: n, store: r } = W(), i = e.slice(0, fn), a = i.join(), [o, s] = N({
		key: "",
		hits: []
	});
	return P(() => {
		let e = [...new Set(i.map((e) => Math.floor(e / n.images.shard)))].filter((e) => t?.shards.includes(e)), o = !0;
		return Promise.all(e.map((e) => r.load(`images/${e}`).catch(() => null))).then((e) => {
			if (!o) return;
			let t = zt(e.flatMap((e) => i.flatMap((t) => e?.images[t]?.wins ?? []))).slice(0, dn).flatMap((e) => {
				let t = n.layers[e.layer];
				return t ? [pn(t, e.channel, i.length > 1 ? `on ${e.images} of them` : `no. ${e.rank + 1}`)] : [];
			});
			s({
				key: a,
				hits: t
			});
		}), () => {
			o = !1;
		};
	}, [a, t]), o.key === a ? o.hits : [];
}
function _n(e, t) {
	let n = W(), { manifest: r } = n, { network: i, profiles: a, named: o, index: s } = hn(), c = kt(), l = It().all(), u = I(() => {
		let e = (a?.images ?? []).map((e, t) => ({
			number: e,
			name: a?.names[t] ?? "",
			label: a?.classes[a.labels[t] ?? -1] ?? null
		})), n = /^\d+$/.test(t) ? e.filter((e) => e.number === Number(t)) : [], r = Rt(e, (e) => [e.name, e.label], t, fn);
		return {
			found: [...n, ...r.found.filter((e) => !n.includes(e))],
			count: Math.max(r.count, n.length)
		};
	}, [a, t]), d = gn(u.found.map((e) => e.number), s);
	return I(() => {
		if (!t) return [];
		let s = Rt(r.layers, (e) => [e.name, e.op], t, un), f = Rt((i?.layers ?? []).filter((e) => !e.shown), (e) => [e.name, e.op], t, 3), p = o.map(({ layer: e, data: n }) => Rt((n.names ?? []).map((e, t) => ({
			name: e,
			channel: t
		})), (e) => [e.name], t, un).found.map(({ name: t, channel: n }) => pn(e, n, t))), m = Rt(Object.entries(l), ([e, t]) => [e, t], t, dn).found.flatMap(([e, t]) => {
			let r = U(e), i = r && gt(n, r.layer, r.channel);
			return r && i ? [pn(i, r.channel, `★ ${t}`)] : [];
		}), h = Rt([.../* @__PURE__ */ new Set([...(c.collection?.names ?? []).filter((e, t) => c.collection?.images[t]), ...c.network?.names ?? []])], (e) => [e], t, dn), g = (e) => a?.images[a.labels.findIndex((t) => a.classes[t] === e)];
		return [
			{
				title: "Unit",
				hits: mn(n, e, t)
			},
			{
				title: "Layers",
				count: s.count,
				hits: s.found.map((e) => ({
					href: B(e.name),
					words: e.name,
					more: `${e.op} · ${Wt(e)}`,
					picture: /* @__PURE__ */ z($t, {
						path: K(r.paths.preview, { layer: e.id }),
						grid: e.preview,
						panel: 0,
						cell: 0,
						side: 44
					})
				}))
			},
			{
				title: "Marked units",
				hits: m
			},
			{
				title: "Classes",
				count: h.count,
				hits: h.found.map((e) => {
					let t = g(e);
					return {
						href: at(e),
						words: e,
						more: c.network?.names.includes(e) ? "class of the network" : "label of images",
						...t === void 0 ? {} : { picture: /* @__PURE__ */ z(cn, {
							image: t,
							side: 44
						}) }
					};
				})
			},
			{
				title: "Units by name",
				cards: !0,
				hits: p.flat()
			},
			{
				title: u.found.length > 1 ? "Units strongest on these images" : "Units strongest on this image",
				cards: !0,
				hits: d
			},
			{
				title: "Images",
				cards: !0,
				count: u.count,
				all: it("#/images", { q: t }),
				hits: u.found.slice(0, dn).map((e) => ({
					href: H(e.number),
					words: Zt(e.name),
					more: e.label ?? "",
					picture: /* @__PURE__ */ z(cn, {
						image: e.number,
						side: 44
					})
				}))
			},
			{
				title: "Not in this atlas",
				hits: f.found.map((e) => ({
					href: B(e.name),
					words: e.name,
					more: e.op
				}))
			}
		].filter((e) => e.hits.length > 0);
	}, [
		n,
		e,
		t,
		i,
		a,
		o,
		c,
		l,
		u,
		d
	]);
}
function vn({ route: e, close: t }) {
	let { router: n } = L(), [r, i] = N(""), [a, o] = N(0), s = F(null), c = r.trim(), l = _n(e, c), u = l.flatMap((e) => e.hits), d = Math.min(a, u.length - 1);
	R({
		Escape: t,
		"Ctrl+k": t
	}, !0);
	let f = Dt(t);
	P(() => s.current?.querySelector(`#hit-${d}`)?.scrollIntoView({ block: "nearest" }), [d]);
	let p = (e) => {
		let r = {
			ArrowDown: 1,
			ArrowUp: -1
		}[e.key];
		if (r) o(Math.max(0, Math.min(u.length - 1, d + r)));
		else if (e.key === "Enter" && u[d]) t(), n.go(u[d].href);
		else return;
		e.preventDefault();
	}, m = -1;
	return /* @__PURE__ */ z("div", {
		class: "modal high",
		"aria-label": "Search",
		...f,
		children: /* @__PURE__ */ z("div", {
			class: "sheet search",
			children: [
				/* @__PURE__ */ z("input", {
					"data-first": !0,
					type: "search",
					role: "combobox",
					list: void 0,
					"aria-expanded": u.length > 0,
					"aria-controls": "hits",
					"aria-activedescendant": u.length ? `hit-${d}` : void 0,
					"aria-label": "Search units, layers, classes and images",
					placeholder: "Unit, layer, class, image, note …",
					autocomplete: "off",
					spellcheck: !1,
					value: r,
					onInput: (e) => {
						i(e.currentTarget.value), o(0);
					},
					onKeyDown: p
				}),
				/* @__PURE__ */ z("div", {
					id: "hits",
					class: "hits",
					role: "listbox",
					"aria-label": "Found",
					ref: s,
					children: l.map((e) => /* @__PURE__ */ z("div", {
						role: "group",
						"aria-label": e.title,
						class: e.cards ? "hit-cards" : "",
						children: [/* @__PURE__ */ z("h3", {
							"aria-hidden": "true",
							children: [e.title, (e.count ?? 0) > e.hits.length && /* @__PURE__ */ z("span", {
								class: "quiet",
								children: [
									" ",
									e.hits.length,
									" of ",
									e.count
								]
							})]
						}), e.hits.map((e) => (m += 1, /* @__PURE__ */ z("a", {
							id: `hit-${m}`,
							role: "option",
							"aria-selected": m === d,
							tabIndex: -1,
							class: "hit",
							href: e.href,
							onClick: t,
							children: [
								/* @__PURE__ */ z("span", {
									class: "hit-picture",
									children: e.picture
								}),
								/* @__PURE__ */ z("bdi", { children: e.words }),
								e.more && /* @__PURE__ */ z("bdi", {
									class: "quiet",
									children: e.more
								})
							]
						}, e.href + e.more)))]
					}, e.title))
				}),
				l.flatMap((e) => e.all && (e.count ?? 0) > e.hits.length ? [/* @__PURE__ */ z("p", { children: /* @__PURE__ */ z("a", {
					href: e.all,
					onClick: t,
					children: ["All ", Q(e.count ?? 0, "image")]
				}) }, e.title)] : []),
				/* @__PURE__ */ z("p", {
					class: "quiet",
					role: "status",
					children: c === "" ? "↑ ↓ choose, Enter opens. Units are spelled layer:number; a number alone is a unit of the layer shown." : u.length === 0 ? `Nothing in this atlas has “${c}” in its name.` : ""
				})
			]
		})
	});
}
// src/downloads.ts
var yn = class extends Error {}, bn = (e, t, n) => K(e.manifest.paths.sprite, {
	layer: t.id,
	channel: n
}), xn = (e, t, n) => t.content?.kept && e.manifest.paths.content ? K(e.manifest.paths.content, {
	layer: t.id,
	channel: n
}) : bn(e, t, n), Sn = 4, Cn = 16;
function wn(e, t, n, r) {
	let i = Math.ceil(t / e), a = e * n + (e - 1) * Sn;
	return {
		cells: [0, 1].flatMap((i) => Array.from({ length: t }, (t, o) => ({
			rank: o,
			panel: i,
			x: i * (a + Cn) + o % e * (n + Sn),
			y: Math.floor(o / e) * (r + Sn)
		}))),
		width: 2 * a + Cn,
		height: i * (r + Sn) - Sn
	};
}
async function Tn(e) {
	let t = new Image();
	return t.src = e, await t.decode(), t;
}
async function En(e, t, n) {
	let { store: r, manifest: i } = e;
	if (r.host.readable) return r.host.picture(bn(e, t, n), e.name);
	if (!i.portable) throw new yn();
	return r.load(`sprites/${t.id}/${n}`);
}
async function Dn(e, t, n) {
	let r = await Tn(await En(e, t, n.channel)), { sprite: i, tile: a } = t, [o, s] = [i.width * a.enlarge, i.height * a.enlarge], c = wn(i.columns, n.images.length, o, s), l = document.createElement("canvas");
	l.width = c.width, l.height = c.height;
	let u = l.getContext("2d");
	u.fillStyle = "#fff", u.fillRect(0, 0, c.width, c.height), u.imageSmoothingEnabled = !1;
	for (let { rank: e, panel: t, x: n, y: a } of c.cells) {
		let c = (t * i.columns + e % i.columns) * i.pitchX, l = Math.floor(e / i.columns) * i.pitchY;
		u.drawImage(r, c, l, i.width, i.height, n, a, o, s);
	}
	return l;
}
function On(e) {
	return new Promise((t, n) => {
		try {
			e.toBlob((e) => e ? t(e) : n(new yn()), "image/png");
		} catch {
			n(new yn());
		}
	});
}
var kn = (e) => e.replace(/[&<>"']/g, (e) => `&#${e.charCodeAt(0)};`);
function An(e, t, n, r) {
	let { sprite: i, tile: a } = n, [o, s] = [i.width * a.enlarge, i.height * a.enlarge], c = wn(i.columns, r.images.length, o, s).cells.filter((e) => e.panel === 0).map((e) => `<text x="${e.x + 4}" y="${e.y + s - 5}">${kn(Z(r.values[e.rank]))}</text>`), l = kn(`${n.name}:${r.channel}${r.name ? ` ${r.name}` : ""}`);
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
function jn(e, t, n, r) {
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
var Mn = (e, t) => `<iframe src="${kn(e)}?embed=1" title="${kn(t)}" width="100%" height="560" loading="lazy" style="border:0"></iframe>`;
function Nn(e, t, n, r) {
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
// src/parts/Channels.tsx
var Pn = (e, t, n) => e.bands && n ? t[0] : 0;
function Fn(e) {
	let { manifest: t } = W(), { layer: n, channel: r, band: i, rank: a, side: o, label: s, part: c = null } = e;
	if (!n.bands || !t.paths.bands) return null;
	let l = t.options.k, u = a === null ? t.model.input[0] * l + i - 1 : (i - 1) * l + a;
	return /* @__PURE__ */ z($t, {
		path: K(t.paths.bands, {
			layer: n.id,
			channel: r
		}),
		grid: n.bands,
		panel: 0,
		cell: u,
		side: o,
		boost: a === null,
		part: c,
		...s ? { label: s } : {}
	});
}
function In({ count: e, band: t, change: n }) {
	let { manifest: r } = W(), i = r.model.shown ?? [];
	return /* @__PURE__ */ z("label", {
		class: "choice-of-one",
		children: [
			"Bands",
			" ",
			/* @__PURE__ */ z("select", {
				value: String(t),
				onChange: (e) => n(Number(e.currentTarget.value)),
				children: [/* @__PURE__ */ z("option", {
					value: "0",
					children: i.join(", ")
				}), Array.from({ length: e }, (e, t) => /* @__PURE__ */ z("option", {
					value: String(t + 1),
					children: t + 1
				}, t))]
			})
		]
	});
}
function Ln({ layer: e, unit: t, change: n }) {
	let { manifest: r } = W(), i = Pn(e, r.model.input, r.paths.bands), a = e.bands;
	if (!i || !a) return null;
	let o = Math.min(80, Math.max(a.height, a.width) * e.tile.enlarge);
	return /* @__PURE__ */ z(J, {
		title: "Channels",
		class: "panel wide channels-panel",
		note: "The strongest example channel by channel: the photo above, and below it what the unit takes from that channel, all on one scale. Elsewhere projections are the sum over channels.",
		children: /* @__PURE__ */ z("ol", {
			class: "channels",
			children: Array.from({ length: i }, (r, i) => /* @__PURE__ */ z("li", { children: /* @__PURE__ */ z("button", {
				type: "button",
				class: "plain-button",
				onClick: () => n(i + 1),
				"aria-label": `Show band ${i + 1}`,
				title: `Show band ${i + 1}`,
				children: [
					/* @__PURE__ */ z(Fn, {
						layer: e,
						channel: t.channel,
						band: i + 1,
						rank: 0,
						side: o
					}),
					/* @__PURE__ */ z(Fn, {
						layer: e,
						channel: t.channel,
						band: i + 1,
						rank: null,
						side: o
					}),
					/* @__PURE__ */ z("span", {
						class: "number",
						children: i + 1
					})
				]
			}) }, i))
		})
	});
}
// src/parts/Truth.tsx
function Rn(e) {
	return e.flatMap((e) => {
		let [t, n, r] = [
			"layer",
			"rule",
			"verdict"
		].map((t) => e.kind === "sanity" ? e.shown?.columns.indexOf(t) ?? -1 : -1);
		return t < 0 || r < 0 ? [] : (e.shown?.rows ?? []).map((i) => ({
			layer: i[t] ?? "",
			rule: i[n] ?? "",
			verdict: i[r] ?? "",
			experiment: e.name
		}));
	});
}
var zn = {
	what: "projections say something about their unit",
	"where, not what": "projections say where, not what",
	neither: "projections do not even say where",
	"cannot tell": "too few units or images to tell"
};
function Bn({ layer: e, brief: t }) {
	let { store: n, manifest: r } = W(), i = G(n.host.kind === "file" ? null : "experiments").value, a = Rn(i ?? []).find((t) => t.layer === e && t.rule === r.options.rule);
	return a ? t ? /* @__PURE__ */ z("small", {
		title: zn[a.verdict],
		children: ["tested: ", a.verdict]
	}) : /* @__PURE__ */ z(b, { children: ["Tested: ", /* @__PURE__ */ z("a", {
		href: ot(a.experiment),
		children: zn[a.verdict] ?? a.verdict
	})] }) : null;
}
function Vn({ layer: e, similarity: t }) {
	return /* @__PURE__ */ z("p", {
		class: t !== null && t > .9 ? "caution small" : "note",
		children: [t !== null && (t > .9 ? `Its projection is nearly that of random numbers at this place (likeness ${t.toFixed(2)}): it says where, hardly what. ` : `Likeness to its control ${t.toFixed(2)}. `), /* @__PURE__ */ z(Bn, { layer: e.name })]
	});
}
function Hn({ layer: e, labelled: t }) {
	let { manifest: n } = W(), { options: r, data: i } = n, a = [
		["Photos", `The ${r.k} images that excite the unit most, one place in each: its receptive field. Plain colour is padding: the field reaches beyond the image there, and the network is given zeros.`],
		["Projections", `What the ${r.rule} rule carries from the unit's activation back to the pixels. Mid-grey is zero; each picture has a scale of its own, so strengths are not to be compared between pictures: black and white are the magnitude that 2 % of the values exceed.`],
		...e.content ? [["Zoom", "The smallest part of the field that holds 95 % of a projection's energy, marked with dashes in the whole image."]] : [],
		["Responses", "In the network's own units, which have no scale that layers share: compare a unit with itself, or by share of its maximum."],
		...t ? [["Class selectivity", `(m − r) / (m + r): m the mean response to the class the unit prefers, r that to the others. Of ${i.count} images in ${i.classes} classes, some ${Math.max(1, Math.round(i.count / Math.max(1, i.classes)))} each: ${i.count / Math.max(1, i.classes) < 50 ? "few, so that it is large by chance too." : "enough to go by."}`]] : [],
		["Like control", "How much a projection is like one that begins with random numbers at all units of its place: 1 alike, 0 unrelated. What is alike says little about the unit."]
	];
	return /* @__PURE__ */ z("details", {
		class: "how",
		children: [/* @__PURE__ */ z("summary", { children: "How to read this" }), /* @__PURE__ */ z("dl", { children: a.map(([e, t]) => /* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z("dt", { children: e }), /* @__PURE__ */ z("dd", { children: t })] }, e)) })]
	});
}
// src/parts/Examples.tsx
var Un = (e, t) => {
	let n = e.images[t]?.label ?? -1;
	return n < 0 ? null : e.classes[n] ?? `class ${n}`;
}, Wn = (e, t) => e.images[t]?.name ?? `image ${t}`;
function Gn(e) {
	let { layer: t, shard: n, unit: r, view: i, show: a, reach: o, band: s, choose: c, active: l, activate: u, open: d } = e, f = o === "whole", p = W(), m = (o === "part" ? xn : bn)(p, t, r.channel), h = pt(m), g = Pn(t, p.manifest.model.input, p.manifest.paths.bands), _ = i === "both" ? ["photos", "projections"] : [i];
	return /* @__PURE__ */ z("div", {
		class: "examples",
		children: [
			/* @__PURE__ */ z("div", {
				class: "examples-bar",
				children: [
					/* @__PURE__ */ z(xt, {
						label: "Show",
						value: i,
						options: [
							["photos", "Photos"],
							["projections", "Projections"],
							["both", "Both"]
						],
						change: a
					}),
					/* @__PURE__ */ z(Kn, { ...e }),
					i !== "projections" && !f && g > 0 && /* @__PURE__ */ z(In, {
						count: g,
						band: s,
						change: c
					}),
					i !== "photos" && /* @__PURE__ */ z(Ct, {}),
					/* @__PURE__ */ z("span", {
						class: "hint",
						children: "Hover to see where; click or 1–9 to enlarge"
					}),
					/* @__PURE__ */ z(Hn, {
						layer: t,
						labelled: r.classes.length > 0
					})
				]
			}),
			/* @__PURE__ */ z("div", {
				class: `panels panels-${_.length}`,
				children: _.map((e) => /* @__PURE__ */ z(qn, {
					kind: e,
					whole: f && e === "photos",
					reach: o,
					layer: t,
					shard: n,
					unit: r,
					band: s,
					active: l,
					activate: u,
					open: d
				}, e))
			}),
			h && /* @__PURE__ */ z("p", {
				class: "panel warning missing-picture",
				role: "alert",
				children: [
					"The picture file ",
					/* @__PURE__ */ z("code", { children: m }),
					" is missing from this copy of the atlas; its numbers are here."
				]
			}),
			/* @__PURE__ */ z(Jn, {
				layer: t,
				shard: n,
				unit: r,
				rank: Math.min(l, r.images.length - 1)
			})
		]
	});
}
function Kn({ layer: e, unit: t, view: n, reach: r, extend: i }) {
	let { manifest: a } = W(), o = [["field", "Field"]];
	return e.content && t.images.some((e, n) => tn(t, n)) && o.unshift(["part", "Zoom"]), n !== "projections" && e.field !== null && a.paths.image !== null && o.push(["whole", "In its image"]), o.length > 1 ? /* @__PURE__ */ z(xt, {
		label: "How much is shown",
		value: r,
		options: o,
		change: i
	}) : null;
}
function qn({ kind: e, layer: t, shard: n, unit: r, whole: i, reach: a, band: o, active: s, activate: c, open: l }) {
	let u = F(null), [d, f] = N(112), p = t.sprite.columns;
	P(() => {
		if (!u.current) return;
		let e = new ResizeObserver(([e]) => {
			let t = e?.contentRect.width ?? 0;
			t && f(Math.max(24, Math.min(224, Math.floor((t - (p - 1) * 4) / p))));
		});
		return e.observe(u.current), () => e.disconnect();
	}, [p]);
	let m = e === "photos" ? "Photo" : "Projection";
	return /* @__PURE__ */ z("figure", {
		class: "panel-9",
		children: [/* @__PURE__ */ z("figcaption", { children: e === "photos" ? "What excites it" : "What it takes from each" }), /* @__PURE__ */ z("div", {
			ref: u,
			class: "nine",
			style: { gridTemplateColumns: `repeat(${p}, ${d}px)` },
			role: "group",
			"aria-label": `${m}s`,
			children: r.images.map((u, f) => /* @__PURE__ */ z("button", {
				type: "button",
				class: f === s ? "cell active" : "cell",
				onMouseEnter: () => c(f),
				onFocus: () => c(f),
				onClick: () => l(f),
				"aria-label": `${m} ${f + 1}: activation ${Z(r.values[f])}, ${Wn(n, u)}${Un(n, u) ? `, ${Un(n, u)}` : ""}`,
				children: i ? /* @__PURE__ */ z(sn, {
					image: u,
					name: Wn(n, u),
					box: r.boxes[f] ?? null,
					square: d
				}) : e === "photos" && o > 0 && r.values[f] !== 0 ? /* @__PURE__ */ z(Fn, {
					layer: t,
					channel: r.channel,
					band: o,
					rank: f,
					side: d,
					part: a === "part" ? tn(r, f) : null
				}) : /* @__PURE__ */ z(nn, {
					layer: t,
					unit: r,
					kind: e,
					rank: f,
					side: d,
					zoom: a === "part"
				})
			}, f))
		})]
	});
}
function Jn({ layer: e, shard: t, unit: n, rank: r }) {
	let i = n.images[r], a = Wn(t, i), o = Un(t, i);
	return /* @__PURE__ */ z("figure", {
		class: "looked",
		children: [
			/* @__PURE__ */ z("figcaption", { children: "Where it looks" }),
			/* @__PURE__ */ z(sn, {
				image: i,
				name: a,
				box: n.boxes[r] ?? null,
				part: n.content?.[r] ?? null
			}),
			/* @__PURE__ */ z("dl", { children: [
				/* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z("dt", { children: "Example" }), /* @__PURE__ */ z("dd", { children: [
					r + 1,
					" of ",
					n.images.length
				] })] }),
				/* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z("dt", { children: "Activation" }), /* @__PURE__ */ z("dd", {
					class: "number",
					children: Z(n.values[r])
				})] }),
				o !== null && /* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z("dt", { children: "Label" }), /* @__PURE__ */ z("dd", { children: /* @__PURE__ */ z(bt, {
					name: o,
					number: -1
				}) })] }),
				/* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z("dt", { children: "Image" }), /* @__PURE__ */ z("dd", { children: /* @__PURE__ */ z("a", {
					href: H(i),
					children: /* @__PURE__ */ z(q, { text: a })
				}) })] }),
				e.spatial && /* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z("dt", { children: "Place" }), /* @__PURE__ */ z("dd", {
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
// src/parts/Histogram.tsx
var Yn = 480;
function Xn(e, t) {
	if (t <= (e[0] ?? 0)) return 0;
	for (let n = 1; n < e.length; n += 1) {
		let r = e[n - 1], i = e[n];
		if (t < i) return Number.isFinite(i - r) ? n - 1 + (t - r) / (i - r) : n - .5;
	}
	return e.length - 1;
}
function Zn({ edges: e, first: t, counts: n, marks: r = [], title: i, link: a }) {
	if (!n.length) return /* @__PURE__ */ z("p", {
		class: "quiet",
		children: "No responses."
	});
	let o = e.slice(t, t + n.length + 1), s = Yn / n.length, c = Math.max(...n), l = (e) => Xn(o, e) * s, u = o[Math.round(n.length / 2)], d = n.reduce((e, t) => e + t, 0);
	return /* @__PURE__ */ z("svg", {
		class: "histogram",
		viewBox: `0 0 ${Yn} 134`,
		role: a ? "group" : "img",
		"aria-label": `${i}: ${d} images, from ${Z(o[0])} to ${Z(o.at(-1))}`,
		children: [
			n.map((e, t) => {
				let n = e ? Math.max(1.5, 102 * Math.sqrt(e / c)) : 0, r = `${Z(o[t])} to ${Z(o[t + 1])}: ${e}`, i = /* @__PURE__ */ z("rect", {
					class: "bar",
					x: t * s + .5,
					y: 102 - n,
					width: Math.max(.5, s - 1),
					height: n,
					children: /* @__PURE__ */ z("title", { children: r })
				}, t), l = e && a ? a(o[t] ?? 0, o[t + 1] ?? 0) : null;
				return l === null ? i : /* @__PURE__ */ z("a", {
					href: l,
					"aria-label": `Responses ${r}`,
					children: [i, /* @__PURE__ */ z("rect", {
						class: "reach",
						x: t * s,
						width: s,
						height: 102
					})]
				}, t);
			}),
			/* @__PURE__ */ z("line", {
				class: "axis",
				x1: "0",
				x2: Yn,
				y1: 102,
				y2: 102
			}),
			r.map((e, t) => e !== null && /* @__PURE__ */ z("path", {
				class: "mark",
				d: `M${l(e)} 104l-2.5 9h5z`
			}, t)),
			/* @__PURE__ */ z("text", {
				x: "0",
				y: 130,
				children: Z(o[0])
			}),
			/* @__PURE__ */ z("text", {
				x: Yn / 2,
				y: 130,
				"text-anchor": "middle",
				children: Z(u)
			}),
			/* @__PURE__ */ z("text", {
				x: Yn,
				y: 130,
				"text-anchor": "end",
				children: Z(o.at(-1))
			})
		]
	});
}
// src/parts/Later.tsx
var Qn = 100, $n = 12;
function er({ given: e, about: t, turn: n, draw: r }) {
	let [i, a] = N(t), o = F(e);
	return i === t && (o.current = e), P(() => {
		if (i === t) return;
		let e = setTimeout(() => a(t), Qn + $n * n);
		return () => clearTimeout(e);
	}, [t]), I(() => /* @__PURE__ */ z(b, { children: r(o.current) }), Object.values(o.current));
}
// src/parts/Caused.tsx
var tr = 56, [nr, rr, ir] = [
	176,
	68,
	64
], ar = (e) => e.replace(/@\d+,\d+$/, "");
function or() {
	return G(W().store.host.kind === "file" ? null : "experiments").value?.filter((e) => e.kind === "causes" && e.data) ?? [];
}
function sr({ unit: e }) {
	return /* @__PURE__ */ z(b, { children: or().filter((t) => Array.isArray(t.settings.asked) && t.settings.asked.includes(e)).map((t) => /* @__PURE__ */ z(cr, {
		experiment: t,
		unit: e
	}, t.name)) });
}
function cr({ experiment: e, unit: t }) {
	let n = G(`experiments/${e.name}`).value, r = I(() => n?.graphs.filter((e) => ar(e.unit) === t) ?? [], [n, t]), i = n?.usual.filter(([e]) => e === t) ?? [], a = i.flatMap(([, e, t]) => {
		let n = U(e);
		return n ? [[
			n.layer,
			n.channel,
			t
		]] : [];
	});
	return /* @__PURE__ */ z(b, { children: [i.length > 0 && /* @__PURE__ */ z(Ar, {
		title: "What usually feeds it",
		joints: a,
		note: `The mean of what each unit gave on ${Q(i[0]?.[5] ?? 0, "image")}: activation times the signal carried back. The strongest inputs are by weight alone.`
	}), r.length > 0 && /* @__PURE__ */ z(dr, {
		experiment: e,
		graphs: r,
		title: "What fed it"
	})] });
}
function lr({ image: e }) {
	return /* @__PURE__ */ z(b, { children: or().filter((t) => t.images.includes(e)).map((t) => /* @__PURE__ */ z(ur, {
		experiment: t,
		image: e
	}, t.name)) });
}
function ur({ experiment: e, image: t }) {
	let n = G(`experiments/${e.name}`).value, r = I(() => n?.graphs.filter((e) => e.image === t) ?? [], [n, t]);
	return r.length > 0 ? /* @__PURE__ */ z(dr, {
		experiment: e,
		graphs: r,
		title: "What fed units here",
		here: !0
	}) : null;
}
function dr({ experiment: e, graphs: t, title: n, here: r }) {
	let [i, a] = N(0), o = t[Math.min(i, t.length - 1)];
	return o ? /* @__PURE__ */ z(J, {
		class: "panel wide",
		title: n,
		note: /* @__PURE__ */ z(b, { children: ["Each unit with its patch, what it takes there, and what it gives: activation times the signal carried back. ", /* @__PURE__ */ z("a", {
			href: ot(e.name),
			children: "All of it"
		})] }),
		children: [t.length > 1 && /* @__PURE__ */ z("p", {
			class: "chips",
			role: "group",
			"aria-label": r ? "Units" : "Images",
			children: t.map((e, t) => /* @__PURE__ */ z("button", {
				type: "button",
				class: "chip",
				"aria-pressed": e === o,
				onClick: () => a(t),
				children: /* @__PURE__ */ z(q, { text: r ? e.unit : Zt(e.name) })
			}, t))
		}), /* @__PURE__ */ z(fr, {
			experiment: e,
			graph: o,
			here: r ?? !1
		})]
	}) : null;
}
function fr({ experiment: e, graph: t, here: n }) {
	let r = ft(t.sheet === null ? null : `experiments/${e.name}/${t.sheet}`), [i, a] = N(null), o = [[0], ...t.layers.map((e) => t.nodes.flatMap((t, n) => n && U(ar(t.unit))?.layer === e ? [n] : []))], s = Math.max(...o.map((e) => e.length)), c = new Map(o.flatMap((e, t) => e.map((n, r) => [n, {
		x: t * (nr + ir),
		y: (r + .5) * s * rr / e.length
	}]))), l = Math.max(...t.edges.map(([, , e]) => Math.abs(e)), 1e-12), u = (e) => i === null || i === e || t.edges.some(([t, n]) => t === e && n === i || n === e && t === i);
	return /* @__PURE__ */ z(b, { children: [/* @__PURE__ */ z("div", {
		class: "scroll caused",
		tabIndex: 0,
		role: "region",
		"aria-label": "Units and what they give",
		children: [/* @__PURE__ */ z("div", {
			class: "caused-heads",
			children: o.map((e, r) => /* @__PURE__ */ z("span", {
				style: {
					left: `${r * (nr + ir)}px`,
					width: `${nr}px`
				},
				children: r ? t.layers[r - 1] : n ? "unit" : t.image === null ? Zt(t.name) : /* @__PURE__ */ z("a", {
					href: H(t.image),
					children: Zt(t.name)
				})
			}, r))
		}), /* @__PURE__ */ z("div", {
			class: "caused-graph",
			style: {
				width: `${o.length * (nr + ir) - ir}px`,
				height: `${s * rr}px`
			},
			children: [/* @__PURE__ */ z("svg", {
				"aria-hidden": "true",
				width: "100%",
				height: "100%",
				children: t.edges.map(([e, t, n]) => {
					let [r, a] = [c.get(t), c.get(e)];
					if (!r || !a) return null;
					let [o, s] = [r.x + nr, a.x], u = (o + s) / 2;
					return /* @__PURE__ */ z("path", {
						class: n < 0 ? "against" : "",
						"data-faint": i !== null && i !== e && i !== t,
						d: `M${o} ${r.y}C${u} ${r.y} ${u} ${a.y} ${s} ${a.y}`,
						"stroke-width": Math.max(.5, 7 * Math.abs(n) / l)
					}, `${e}-${t}`);
				})
			}), /* @__PURE__ */ z("ul", { children: t.nodes.map((e, n) => /* @__PURE__ */ z("li", {
				"data-faint": !u(n),
				style: {
					left: `${c.get(n)?.x ?? 0}px`,
					top: `${(c.get(n)?.y ?? 0) - rr / 2}px`,
					width: `${nr}px`
				},
				onMouseEnter: () => a(n),
				onMouseLeave: () => a(null),
				onFocusIn: () => a(n),
				onFocusOut: () => a(null),
				children: /* @__PURE__ */ z(pr, {
					unit: e.unit,
					value: n ? e.amount : e.value,
					first: n === 0,
					sheet: r,
					at: n,
					count: t.nodes.length
				})
			}, n)) })]
		})]
	}), /* @__PURE__ */ z("ul", {
		class: "plain caused-sums",
		children: t.balances.map((e) => /* @__PURE__ */ z("li", { children: [
			Z(t.value),
			" is ",
			Z(e.parts),
			" from ",
			/* @__PURE__ */ z("bdi", { children: e.layer }),
			e.others !== 0 && `, ${Z(e.others)} by other ways`,
			", ",
			Z(e.biases),
			" from biases",
			t.curved && `, ${Z(e.remainder)} not accounted for (curved: ${t.curved})`,
			"."
		] }, e.layer))
	})] });
}
function pr({ unit: e, value: t, first: n, sheet: r, at: i, count: a }) {
	let o = W(), s = U(ar(e)), c = s && gt(o, s.layer, s.channel), l = n ? ar(e) : ar(e).split(":").pop() ?? e, u = (e) => ({
		width: `${tr}px`,
		height: `${tr}px`,
		backgroundImage: `url("${r}")`,
		backgroundPosition: `${-56 * i}px ${-56 * e}px`,
		backgroundSize: `${tr * a}px 112px`
	}), d = /* @__PURE__ */ z(b, { children: [r && /* @__PURE__ */ z("span", {
		class: "pair",
		children: [/* @__PURE__ */ z("span", {
			class: "tile",
			role: "img",
			"aria-label": `Where ${e} gives most`,
			style: u(0)
		}), /* @__PURE__ */ z("span", {
			class: "tile projection",
			role: "img",
			"aria-label": `What ${e} takes there`,
			style: u(1)
		})]
	}), /* @__PURE__ */ z("span", {
		class: "told",
		children: [/* @__PURE__ */ z("b", {
			title: e,
			children: /* @__PURE__ */ z("bdi", { children: l })
		}), /* @__PURE__ */ z("span", {
			class: t < 0 ? "number against" : "number",
			children: n || t < 0 ? Z(t) : `+${Z(t)}`
		})]
	})] });
	return s && c ? /* @__PURE__ */ z("a", {
		href: V(s.layer, s.channel),
		children: d
	}) : /* @__PURE__ */ z("span", {
		class: "node",
		children: d
	});
}
// src/parts/Needs.tsx
var mr = 8;
function hr(e, t, n) {
	let [r, i] = t === "unit" ? [0, 1] : [1, 0];
	return e.pairs.flatMap((e) => e[r] === n && e[2] < 0 ? [{
		of: String(e[i]),
		change: e[2],
		control: e[3]
	}] : []).sort((e, t) => e.change - t.change).slice(0, mr);
}
function gr(e, t = !0) {
	let n = G(W().store.host.kind === "file" ? null : "experiments").value, r = (t) => e === void 0 || !Array.isArray(t.settings.layers) || t.settings.layers.includes(e), i = n?.find((e) => e.kind === "effects" && e.data && r(e)) ?? null;
	return {
		experiment: i,
		data: G(t && i ? `experiments/${i.name}` : null).value
	};
}
function _r({ of: e, kind: t }) {
	let n = W(), { experiment: r, data: i } = gr(t === "class" ? void 0 : U(e)?.layer), a = I(() => i ? hr(i, t, e) : [], [
		i,
		t,
		e
	]);
	if (!a[0] || !r) return null;
	let o = Math.max(...a.map((e) => -e.change));
	return /* @__PURE__ */ z(J, {
		title: t === "unit" ? "Classes that need this unit" : "Units that it needs",
		note: /* @__PURE__ */ z(b, { children: ["By how much the score falls when the unit is silenced; in brackets its controls, silenced alike. ", /* @__PURE__ */ z("a", {
			href: ot(r.name),
			children: "All of it"
		})] }),
		children: /* @__PURE__ */ z("ol", {
			class: t === "unit" ? "bars" : "joints",
			children: a.map((e) => {
				let r = t === "class" ? U(e.of) : null, i = r && gt(n, r.layer, r.channel);
				return /* @__PURE__ */ z("li", { children: [
					t === "class" && (i && r ? /* @__PURE__ */ z($, {
						layer: i,
						channel: r.channel,
						kind: "photos",
						side: 32
					}) : /* @__PURE__ */ z("span", {
						class: "tile none",
						"aria-hidden": "true"
					})),
					/* @__PURE__ */ z("span", {
						class: "bar-name",
						children: /* @__PURE__ */ z("a", {
							href: r ? V(r.layer, r.channel) : at(e.of),
							children: /* @__PURE__ */ z(q, { text: e.of })
						})
					}),
					/* @__PURE__ */ z("span", {
						class: "bar-track negative",
						"aria-hidden": "true",
						children: /* @__PURE__ */ z("span", { style: { width: `${-100 * e.change / o}%` } })
					}),
					/* @__PURE__ */ z("span", {
						class: "number",
						children: [
							Z(e.change),
							" ",
							e.control !== null && /* @__PURE__ */ z("small", {
								class: "quiet",
								children: [
									"(",
									Z(e.control),
									")"
								]
							})
						]
					})
				] }, e.of);
			})
		})
	});
}
// src/parts/Tuning.tsx
var vr = 1.25, yr = (e) => `${100 * Math.min(Math.max(e, 0), vr) / vr}%`;
function br({ layer: e, unit: t }) {
	let { manifest: n } = W(), r = G(n.paths.tuning ? K(n.paths.tuning, { layer: e.id }) : null).value;
	if (!r?.kept.some((e) => (e[t.channel] ?? null) !== null)) return null;
	let i = r.out[t.channel] ?? [];
	return /* @__PURE__ */ z(J, {
		title: "Tuning",
		note: "What survives of the activation when this unit's strongest images are changed: the dot, with its interval; the shaded part is the middle half of the layer's units. In bold where this unit differs from its layer.",
		children: /* @__PURE__ */ z("ol", {
			class: "tuning",
			children: r.kinds.map((e, n) => {
				let a = r.kept[n]?.[t.channel] ?? null;
				if (a === null) return null;
				let o = r.low[n]?.[t.channel] ?? null, s = r.high[n]?.[t.channel] ?? null, [c, l, u] = r.quartiles[n] ?? [];
				return /* @__PURE__ */ z("li", {
					class: i.some((e) => Math.abs(e) === n + 1) ? "differs" : void 0,
					title: `keeps ${Ut(a)} ${e.how}; the layer's median is ${Ut(l)}`,
					children: [
						/* @__PURE__ */ z("span", { children: [
							e.what,
							" ",
							/* @__PURE__ */ z("span", {
								class: "quiet",
								children: e.how
							})
						] }),
						/* @__PURE__ */ z("span", {
							class: "tuning-track",
							"aria-hidden": "true",
							children: [
								c != null && u != null && /* @__PURE__ */ z("i", {
									class: "middle",
									style: {
										left: yr(c),
										right: `calc(100% - ${yr(u)})`
									}
								}),
								o !== null && s !== null && /* @__PURE__ */ z("i", {
									class: "interval",
									style: {
										left: yr(o),
										right: `calc(100% - ${yr(s)})`
									}
								}),
								/* @__PURE__ */ z("i", {
									class: "dot",
									style: { left: yr(a) }
								})
							]
						}),
						/* @__PURE__ */ z("span", {
							class: "number",
							children: Ut(a)
						})
					]
				}, e.name);
			})
		})
	});
}
// src/parts/Details.tsx
function xr(e) {
	let { layer: t, unit: n } = e, r = W(), i = r.manifest.extras, a = i ? Math.floor(n.channel / i.shard) : 0, o = G(i ? `extras/${t.id}/${a}` : null).value, s = G(r.store.host.kind === "file" ? null : "experiments").value, c = {
		...e,
		extra: o,
		mine: o?.units[n.channel - o.first],
		experiments: s
	};
	return /* @__PURE__ */ z("div", {
		class: "details",
		children: [
			/* @__PURE__ */ z(er, {
				given: c,
				about: n,
				turn: 0,
				draw: Cr
			}),
			/* @__PURE__ */ z(er, {
				given: c,
				about: n,
				turn: 1,
				draw: wr
			}),
			/* @__PURE__ */ z(er, {
				given: c,
				about: n,
				turn: 2,
				draw: Tr
			})
		]
	});
}
function Sr(e, t, n) {
	let r = e.values.findIndex((e) => e !== null && e !== 0 && e >= t && e < n);
	if (r >= 0) return { n: r + 1 };
	let i = (t + n) / 2 / (e.maximum || 1);
	return i > 0 && i <= .95 ? { share: i > .75 ? 1 : i > .5 ? 2 : i > .25 ? 3 : 4 } : null;
}
var Cr = ({ layer: e, data: t, shard: n, unit: r, note: i, mine: a, link: o }) => /* @__PURE__ */ z(b, { children: [
	/* @__PURE__ */ z("div", {
		class: "stack",
		children: [/* @__PURE__ */ z(J, {
			title: "Responses",
			note: `Images by their strongest response, heights by square root; the ${r.values.length} shown above are marked.`,
			children: /* @__PURE__ */ z(Zn, {
				edges: t.histogram.edges,
				first: r.histogram.first,
				counts: r.histogram.counts,
				marks: r.values,
				title: "Responses",
				link: (e, t) => {
					let n = Sr(r, e, t);
					return n && ("n" in n || (a?.bands.length ?? 0) > 0) ? o({
						share: null,
						...n
					}) : null;
				}
			})
		}), i && /* @__PURE__ */ z(Er, { unit: `${e.name}:${r.channel}` }, `${e.name}:${r.channel}`)]
	}),
	r.classes.length > 0 && /* @__PURE__ */ z(Dr, {
		shard: n,
		unit: r
	}),
	/* @__PURE__ */ z(br, {
		layer: e,
		unit: r
	}),
	a?.control && /* @__PURE__ */ z(jr, {
		layer: e,
		unit: r,
		extra: a
	})
] }), wr = ({ unit: e, extra: t, mine: n, share: r }) => n && t && n.bands.length > 0 ? /* @__PURE__ */ z(Or, {
	extra: t,
	unit: n,
	maximum: e.maximum,
	share: r
}) : null, Tr = ({ layer: e, unit: t, extra: n, mine: r, experiments: i }) => {
	let a = (i ?? []).filter((n) => n.units.includes(`${e.name}:${t.channel}`));
	return /* @__PURE__ */ z(b, { children: [
		/* @__PURE__ */ z(_r, {
			of: `${e.name}:${t.channel}`,
			kind: "unit"
		}),
		/* @__PURE__ */ z(kr, {
			layer: e,
			unit: t
		}),
		/* @__PURE__ */ z(sr, { unit: `${e.name}:${t.channel}` }),
		r && n && (r.incoming.length > 0 || n.incoming !== "") && /* @__PURE__ */ z(Ar, {
			title: "Strongest inputs",
			joints: r.incoming,
			note: n.incoming
		}),
		r && n && (r.outgoing.length > 0 || n.outgoing !== "") && /* @__PURE__ */ z(Ar, {
			title: "Strongest outputs",
			joints: r.outgoing,
			note: n.outgoing
		}),
		a.length > 0 && /* @__PURE__ */ z(J, {
			title: "Experiments on this unit",
			children: /* @__PURE__ */ z("ul", {
				class: "plain",
				children: a.map((e) => /* @__PURE__ */ z("li", { children: [
					/* @__PURE__ */ z("a", {
						href: ot(e.name),
						children: e.title
					}),
					" ",
					/* @__PURE__ */ z("span", {
						class: "op",
						children: e.kind
					})
				] }, e.name))
			})
		})
	] });
};
function Er({ unit: e }) {
	let t = It();
	return /* @__PURE__ */ z(J, {
		title: "Your note",
		note: "Kept in this browser; the first page lists it among the marked units, and saves it.",
		children: /* @__PURE__ */ z("textarea", {
			rows: 2,
			maxLength: 2e3,
			value: t.all()[e] ?? "",
			onInput: (n) => t.write(e, n.currentTarget.value),
			"aria-label": `Note on ${e}`,
			placeholder: "What does this unit look for?"
		})
	});
}
function Dr({ shard: e, unit: t }) {
	let n = Math.max(...t.classes.map(([, e]) => e), 0);
	return /* @__PURE__ */ z(J, {
		title: "Top classes",
		note: "Mean, over a class's images, of the strongest response in each.",
		children: /* @__PURE__ */ z("ol", {
			class: "bars",
			children: t.classes.map(([t, r]) => /* @__PURE__ */ z("li", { children: [
				/* @__PURE__ */ z("span", {
					class: "bar-name",
					children: /* @__PURE__ */ z(bt, {
						name: e.classes[t],
						number: t
					})
				}),
				/* @__PURE__ */ z("span", {
					class: "bar-track",
					"aria-hidden": "true",
					children: /* @__PURE__ */ z("span", { style: { width: `${n > 0 ? 100 * Math.max(0, r) / n : 0}%` } })
				}),
				/* @__PURE__ */ z("span", {
					class: "number",
					children: Z(r)
				})
			] }, t))
		})
	});
}
function Or({ extra: e, unit: t, maximum: n, share: r }) {
	let i = F(null);
	return P(() => i.current?.scrollIntoView({ block: "center" }), [r]), /* @__PURE__ */ z(J, {
		title: "Lower responses",
		class: "panel wide",
		note: "Patches from images that excite the unit less, at their strongest place: a unit is more than its maxima. Those shown above are left out.",
		children: /* @__PURE__ */ z("div", {
			class: "bands",
			children: t.bands.map((t, a) => /* @__PURE__ */ z("div", {
				class: a + 1 === r ? "band here" : "band",
				ref: a + 1 === r ? i : null,
				children: [/* @__PURE__ */ z("h3", { children: [
					n ? `${Ht(t.low / n)} to ${Ht(t.high / n)}` : "",
					" ",
					/* @__PURE__ */ z("span", {
						class: "quiet",
						children: "of the maximum"
					})
				] }), /* @__PURE__ */ z("div", {
					class: "band-row",
					children: [t.samples.map((t) => {
						let n = Un(e, t.image);
						return /* @__PURE__ */ z("a", {
							href: `#/i/${t.image}`,
							title: `${Wn(e, t.image)}${n ? `, ${n}` : ""}`,
							children: [/* @__PURE__ */ z(ln, {
								image: t.image,
								box: t.box,
								label: `Response ${Z(t.value)}, ${Wn(e, t.image)}`
							}), /* @__PURE__ */ z("span", {
								class: "number",
								children: Z(t.value)
							})]
						}, t.image);
					}), t.samples.length === 0 && /* @__PURE__ */ z("span", {
						class: "quiet",
						children: "none among the images sampled"
					})]
				})]
			}, t.high))
		})
	});
}
function kr({ layer: e, unit: t }) {
	let n = W(), r = t.nearest.filter(([t]) => gt(n, e.name, t));
	return r.length ? /* @__PURE__ */ z(J, {
		title: "Nearest units",
		note: /* @__PURE__ */ z(b, { children: [
			"By co-activation over the collection: ",
			e.neighbours,
			". ",
			/* @__PURE__ */ z("a", {
				href: B(e.name, {
					sort: "similar",
					near: t.channel,
					up: 0
				}),
				children: "Sort the layer by likeness to this unit"
			})
		] }),
		children: /* @__PURE__ */ z("ul", {
			class: "tiles",
			children: r.map(([n, r]) => /* @__PURE__ */ z("li", { children: [/* @__PURE__ */ z("a", {
				href: V(e.name, n),
				children: [/* @__PURE__ */ z($, {
					layer: e,
					channel: n,
					kind: "photos",
					side: 56
				}), /* @__PURE__ */ z("span", {
					class: "caption",
					children: [/* @__PURE__ */ z("b", { children: [/* @__PURE__ */ z("span", {
						class: "heard",
						children: "Unit "
					}), n] }), /* @__PURE__ */ z("span", { children: [/* @__PURE__ */ z("span", {
						class: "heard",
						children: "similarity "
					}), r.toFixed(2)] })]
				})]
			}), /* @__PURE__ */ z("a", {
				class: "versus",
				href: st(`${e.name}:${t.channel}`, `${e.name}:${n}`),
				"aria-label": `Compare with unit ${n}`,
				title: "Compare",
				children: "⇄"
			})] }, n))
		})
	}) : null;
}
function Ar({ title: e, joints: t, note: n }) {
	let r = W(), { network: i } = kt(), a = t.some(([e, t]) => gt(r, e, t)), o = Math.max(...t.map(([, , e]) => Math.abs(e)), 0);
	return /* @__PURE__ */ z(J, {
		title: e,
		note: n,
		children: /* @__PURE__ */ z("ol", {
			class: a ? "joints" : "joints bare",
			children: t.map(([e, t, n]) => {
				let s = gt(r, e, t), c = `${e}:${t}`, l = At(i, e, t);
				return /* @__PURE__ */ z("li", { children: [
					a && (s ? /* @__PURE__ */ z($, {
						layer: s,
						channel: t,
						kind: "photos",
						side: 32
					}) : /* @__PURE__ */ z("span", {
						class: "tile none",
						"aria-hidden": "true"
					})),
					/* @__PURE__ */ z("span", {
						class: "joint-name",
						title: s ? c : `${c}: this unit is not in the atlas`,
						children: l === null ? s ? /* @__PURE__ */ z("a", {
							href: V(e, t),
							children: [
								/* @__PURE__ */ z("span", { children: e }),
								":",
								t
							]
						}) : /* @__PURE__ */ z(b, { children: [
							/* @__PURE__ */ z("span", { children: e }),
							":",
							t
						] }) : /* @__PURE__ */ z("a", {
							class: "logit",
							href: at(l),
							children: [
								/* @__PURE__ */ z(q, { text: l }),
								" ",
								/* @__PURE__ */ z("small", {
									class: "quiet",
									children: c
								})
							]
						})
					}),
					/* @__PURE__ */ z("span", {
						class: n < 0 ? "bar-track negative" : "bar-track",
						"aria-hidden": "true",
						children: /* @__PURE__ */ z("span", { style: { width: `${o > 0 ? 100 * Math.abs(n) / o : 0}%` } })
					}),
					/* @__PURE__ */ z("span", {
						class: "number",
						children: n < 0 ? `−${Z(-n)}` : `+${Z(n)}`
					})
				] }, c);
			})
		})
	});
}
function jr({ layer: e, unit: t, extra: n }) {
	let { manifest: r } = W();
	if (!r.paths.controls || !n.control) return null;
	let i = K(r.paths.controls, {
		layer: e.id,
		sheet: Math.floor(t.channel / e.sheet.units)
	});
	return /* @__PURE__ */ z(J, {
		title: "Control",
		note: "The first projection beside one from the same place of the same image with random positive numbers at all units instead of this unit's activation. Projections that look like their control say little about the unit.",
		children: [/* @__PURE__ */ z("div", {
			class: "control",
			children: [
				/* @__PURE__ */ z("figure", { children: [/* @__PURE__ */ z(nn, {
					layer: e,
					unit: t,
					kind: "projections",
					rank: 0,
					side: 112
				}), /* @__PURE__ */ z("figcaption", { children: "this unit" })] }),
				/* @__PURE__ */ z("figure", { children: [/* @__PURE__ */ z($t, {
					path: i,
					grid: e.sheet,
					panel: 0,
					cell: t.channel % e.sheet.units,
					side: 112,
					boost: !0,
					label: "Projection of a random seed"
				}), /* @__PURE__ */ z("figcaption", { children: "random seed" })] }),
				/* @__PURE__ */ z("p", { children: [/* @__PURE__ */ z("b", {
					class: "figure",
					children: n.control.similarity === null ? "–" : n.control.similarity.toFixed(2)
				}), /* @__PURE__ */ z("span", {
					class: "quiet",
					children: "cosine similarity of the two: 1 alike, 0 unrelated"
				})] })
			]
		}), /* @__PURE__ */ z(Vn, {
			layer: e,
			similarity: n.control.similarity
		})]
	});
}
// src/pages/Class.tsx
var Mr = 18;
function Nr({ name: e }) {
	let { collection: t, network: n, ready: r } = kt();
	if (!r) return /* @__PURE__ */ z(X, { what: e });
	let i = jt(t?.names, e).filter((e) => t?.images[e]), a = jt(n?.names, e);
	if (!i.length && !a.length) return /* @__PURE__ */ z(Y, {
		title: "No such class",
		children: [
			"“",
			e,
			"” is no class of the images of this atlas, nor of the network."
		]
	});
	let o = i.reduce((e, n) => e + (t?.images[n] ?? 0), 0), s = [
		...i.map((e) => `label ${e}`),
		...i.length ? [Q(o, "image")] : [],
		...a.map((e) => `logit ${n?.layers.at(-1) ?? ""}:${e}`)
	];
	return /* @__PURE__ */ z(b, { children: [
		/* @__PURE__ */ z("h1", { children: /* @__PURE__ */ z(q, {
			text: e,
			plain: !0
		}) }),
		/* @__PURE__ */ z("p", {
			class: "lead",
			children: ["class · ", s.join(" · ")]
		}),
		i.length > 0 && /* @__PURE__ */ z("p", {
			class: "note",
			children: "Units answer to it by their selectivity for it: the mean of their strongest responses to its images against that to the others', from −1 to 1."
		}),
		!i.length && /* @__PURE__ */ z("p", {
			class: "note",
			children: "No image of this collection is labelled so: which units answer to it is not known."
		}),
		/* @__PURE__ */ z("div", {
			class: "class-page",
			children: [
				i.map((t) => /* @__PURE__ */ z(Pr, {
					label: t,
					name: e
				}, t)),
				a.map((e) => /* @__PURE__ */ z(Ir, {
					logit: e,
					layers: n?.layers ?? [],
					note: n?.note ?? ""
				}, e)),
				/* @__PURE__ */ z(_r, {
					of: e,
					kind: "class"
				})
			]
		})
	] });
}
function Pr({ label: e, name: t }) {
	let { manifest: n } = W(), r = n.classes?.shard ?? 1, i = G(`classes/${Math.floor(e / r)}`), a = G(n.extras ? "profiles/index" : null).value, o = (a?.images ?? []).filter((t, n) => a?.labels[n] === e), s = i.value?.classes[e] ?? [];
	return /* @__PURE__ */ z(b, { children: [o.length > 0 && /* @__PURE__ */ z(J, {
		title: "Its images",
		class: "panel wide",
		children: [/* @__PURE__ */ z("ul", {
			class: "thumbs",
			children: o.slice(0, Mr).map((e) => /* @__PURE__ */ z("li", { children: /* @__PURE__ */ z("a", {
				href: H(e),
				"aria-label": Zt(a?.names[a.images.indexOf(e)] ?? `image ${e}`),
				children: /* @__PURE__ */ z(cn, {
					image: e,
					side: 84
				})
			}) }, e))
		}), o.length > Mr && /* @__PURE__ */ z("p", {
			class: "more",
			children: /* @__PURE__ */ z("a", {
				href: it("#/images", { q: t }),
				children: ["All ", Q(o.length, "image")]
			})
		})]
	}), [...n.layers].reverse().map((t, r) => {
		let i = s[n.layers.length - 1 - r] ?? [];
		return i.length > 0 && /* @__PURE__ */ z(J, {
			title: `Units of ${t.name} that answer to it`,
			note: /* @__PURE__ */ z("a", {
				href: B(t.name, {
					class: e,
					sort: "selectivity"
				}),
				children: "Those that prefer it to every other class"
			}),
			children: /* @__PURE__ */ z(Fr, {
				rows: i,
				tile: (e) => /* @__PURE__ */ z($, {
					layer: t,
					channel: e,
					kind: "photos",
					side: 64
				}),
				layer: t.name
			})
		}, t.id);
	})] });
}
function Fr({ rows: e, layer: t, tile: n }) {
	return /* @__PURE__ */ z("ul", {
		class: "tiles",
		children: e.map(([e, r, i]) => /* @__PURE__ */ z("li", { children: /* @__PURE__ */ z("a", {
			href: V(t, e),
			title: `mean ${Z(r)}, selectivity ${i.toFixed(2)}`,
			children: [n(e), /* @__PURE__ */ z("span", {
				class: "caption",
				children: [/* @__PURE__ */ z("b", { children: [/* @__PURE__ */ z("span", {
					class: "heard",
					children: "Unit "
				}), e] }), /* @__PURE__ */ z("span", { children: i.toFixed(2) })]
			})]
		}) }, e))
	});
}
function Ir({ logit: e, layers: t, note: n }) {
	let r = W(), i = r.manifest.classes?.shard ?? 64, a = G(`logits/${Math.floor(e / i)}`).value, o = t.map((t) => gt(r, t, e)).find((e) => e !== void 0), s = a?.incoming[e - a.first] ?? [];
	return /* @__PURE__ */ z(b, { children: [o && /* @__PURE__ */ z(J, {
		title: "Its logit",
		note: "What excites the logit most, and what it takes from it.",
		children: /* @__PURE__ */ z("a", {
			class: "pair-link",
			href: V(o.name, e),
			children: [
				/* @__PURE__ */ z("span", {
					class: "pair",
					children: [/* @__PURE__ */ z($, {
						layer: o,
						channel: e,
						kind: "photos",
						side: 112
					}), /* @__PURE__ */ z($, {
						layer: o,
						channel: e,
						kind: "projections",
						side: 112
					})]
				}),
				o.name,
				":",
				e
			]
		})
	}), s.length > 0 && /* @__PURE__ */ z(Ar, {
		title: "What its logit is computed from",
		joints: s,
		note: n
	})] });
}
// src/parts/Grid.tsx
var Lr = (e) => e === document.documentElement ? window : e, Rr = 400;
function zr(e, t, n, r, i, a, o) {
	let s = o ?? Math.max(1, Math.floor((t + r) / (n.width + r))), c = Math.ceil(e / s), l = n.height + r, u = Math.max(0, Math.min(c, Math.floor((i - Rr) / l))), d = Math.max(u, Math.min(c, Math.ceil((a + Rr) / l)));
	return {
		columns: s,
		step: o ? n.width + r : Math.floor((t + r) / s),
		first: u * s,
		last: Math.min(e, d * s),
		height: Math.max(0, c * l - r)
	};
}
function Br(e, t, n) {
	let r = () => {
		let r = e.current?.getBoundingClientRect(), i = r?.width || 900, a = -(r?.top ?? 0);
		return zr(t.count, i, t.cell, n, a, a + window.innerHeight, t.columns);
	}, [i, a] = N(r), [o, s] = N(!1), c = () => {
		let e = r();
		a((t) => t.columns === e.columns && t.step === e.step && t.first === e.first && t.last === e.last && t.height === e.height ? t : e);
	};
	Oe(c, [
		t.count,
		t.cell.width,
		t.cell.height,
		t.columns
	]);
	let l = F(c);
	return l.current = c, P(() => {
		let t = e.current;
		if (!t) return;
		let n = () => l.current(), r = new ResizeObserver(n);
		r.observe(t), window.addEventListener("scroll", n, {
			capture: !0,
			passive: !0
		});
		let i = window.matchMedia("print"), a = () => s(i.matches);
		return i.addEventListener("change", a), () => {
			i.removeEventListener("change", a), r.disconnect(), window.removeEventListener("scroll", n, { capture: !0 });
		};
	}, []), o ? {
		...i,
		first: 0,
		last: t.count
	} : i;
}
function Vr(e) {
	let { count: t, cell: n, gap: r = 10, current: i, select: a, open: o } = e, s = L(), c = F(null), l = Br(c, e, r), u = F(!1), d = (e) => {
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
	R(e.keys === !1 ? {} : {
		...m,
		Enter: () => i >= 0 && o(i)
	}), Oe(() => {
		if (!u.current || i < 0 || !c.current) return;
		let e = c.current.querySelector(`[data-index="${i}"]`);
		if (e) u.current = !1, e.querySelector("a")?.focus({ preventScroll: !0 }), e.scrollIntoView({ block: "nearest" });
		else {
			let e = c.current.getBoundingClientRect().top + Math.floor(i / f) * (n.height + r);
			Lr(s.root).scrollBy({
				top: e - window.innerHeight / 3,
				behavior: "instant"
			});
		}
	});
	let h = F(!1);
	P(() => {
		if (h.current || i < 0 || !c.current || !s.root.isConnected) return;
		h.current = !0;
		let e = c.current.getBoundingClientRect().top + Math.floor(i / f) * (n.height + r);
		e > window.innerHeight - n.height && Lr(s.root).scrollBy({
			top: e - window.innerHeight / 3,
			behavior: "instant"
		});
	}, [i]);
	let g = F(/* @__PURE__ */ new Map()), _ = [], v = /* @__PURE__ */ new Map();
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
			item: Hr(e, a, l, r)
		};
		v.set(a, c), _.push(c.item);
	}
	return g.current = v, /* @__PURE__ */ z("ul", {
		class: "virtual",
		ref: c,
		"aria-label": e.label,
		style: { height: `${l.height}px` },
		children: _
	});
}
function Hr({ count: e, cell: t, current: n, keyOf: r, render: i }, a, o, s) {
	return /* @__PURE__ */ z("li", {
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
function Ur(e) {
	let t = G(`layers/${e.layer.id}/${Math.floor(e.channel / e.layer.shard.units)}`, e.atlas), n = t.value?.units.find((t) => t.channel === e.channel);
	return t.value && n ? {
		shard: t.value,
		unit: n
	} : null;
}
function Wr({ left: e, right: t }) {
	let [n, r] = [Ur(e), Ur(t)], [i, a] = N(null);
	if (!n || !r) return /* @__PURE__ */ z(X, { what: "both units" });
	let o = (e) => e.unit.images.map((t) => Wn(e.shard, t)), s = o(n), c = o(r).filter((e) => s.includes(e)).length;
	return /* @__PURE__ */ z(b, { children: [/* @__PURE__ */ z("p", {
		class: "lead",
		children: [
			Q(c, "image"),
			" of ",
			s.length,
			" in common."
		]
	}), /* @__PURE__ */ z("div", {
		class: "versus-pair",
		children: [/* @__PURE__ */ z(Gr, {
			side: e,
			found: n,
			image: i,
			look: a
		}), /* @__PURE__ */ z(Gr, {
			side: t,
			found: r,
			image: i,
			look: a
		})]
	})] });
}
function Gr({ side: e, found: t, image: n, look: r }) {
	let { layer: i, channel: a, atlas: o } = e, { unit: s, shard: c } = t, l = `${i.name}:${a}`;
	return /* @__PURE__ */ z("section", {
		class: "panel half",
		"aria-label": l,
		children: [
			/* @__PURE__ */ z("h2", { children: o.name ? /* @__PURE__ */ z(q, { text: `${l} in ${o.name}` }) : /* @__PURE__ */ z("a", {
				href: V(i.name, a),
				children: l
			}) }),
			/* @__PURE__ */ z("p", {
				class: "note",
				children: [
					"maximum ",
					Z(s.maximum),
					" · mean ",
					Z(s.mean),
					" · active ",
					Ht(s.active),
					" · ",
					Kt(i)
				]
			}),
			/* @__PURE__ */ z("div", {
				class: "panels panels-2",
				children: ["photos", "projections"].map((e) => /* @__PURE__ */ z("div", {
					class: "nine",
					style: { gridTemplateColumns: `repeat(${i.sprite.columns}, auto)` },
					role: "group",
					"aria-label": e,
					children: s.images.map((t, a) => {
						let l = Wn(c, t), u = Un(c, t);
						return /* @__PURE__ */ z("button", {
							type: "button",
							class: l === n ? "cell active" : "cell",
							onMouseEnter: () => r(l),
							onMouseLeave: () => r(null),
							onFocus: () => r(l),
							onBlur: () => r(null),
							"aria-label": `${e === "photos" ? "Photo" : "Projection"} ${a + 1}, ${l}`,
							title: `${Z(s.values[a])} · ${u ?? l}`,
							children: /* @__PURE__ */ z(nn, {
								layer: i,
								unit: s,
								kind: e,
								rank: a,
								side: 80,
								zoom: !0,
								from: o
							})
						}, a);
					})
				}, e))
			}),
			s.classes.length > 0 && /* @__PURE__ */ z("p", {
				class: "note",
				children: ["Top classes: ", s.classes.slice(0, 3).map(([e, t]) => `${c.classes[e] ?? e} (${Z(t)})`).join(", ")]
			})
		]
	});
}
function Kr({ left: e, right: t, a: n, b: r }) {
	let [i, a] = N(-1), { router: o } = L(), s = (e) => o.go(st(`${n}:${e}`, `${r}:${Math.min(e, t.layer.channels - 1)}`, t.atlas.name));
	return /* @__PURE__ */ z("div", {
		class: "versus-pair",
		children: [/* @__PURE__ */ z(qr, {
			side: e,
			chosen: i,
			choose: a,
			open: s,
			keys: !0
		}), /* @__PURE__ */ z(qr, {
			side: t,
			chosen: i,
			choose: a,
			open: s,
			keys: !1
		})]
	});
}
function qr({ side: e, chosen: t, choose: n, open: r, keys: i }) {
	let { layer: a, atlas: o } = e, s = G(`layers/${a.id}`, o);
	return /* @__PURE__ */ z("section", {
		class: "panel half",
		"aria-label": a.name,
		children: [
			/* @__PURE__ */ z("h2", { children: o.name ? /* @__PURE__ */ z(q, { text: `${a.name} in ${o.name}` }) : /* @__PURE__ */ z("a", {
				href: B(a.name),
				children: a.name
			}) }),
			/* @__PURE__ */ z("p", {
				class: "note",
				children: [
					a.op,
					" · ",
					Wt(a),
					" · ",
					Kt(a),
					" · ",
					Q(a.units.dead, "dead unit")
				]
			}),
			s.value && /* @__PURE__ */ z(Vr, {
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
				render: (e) => /* @__PURE__ */ z("button", {
					type: "button",
					class: "unit",
					onFocus: () => n(e),
					onMouseEnter: () => n(e),
					onClick: () => r(e),
					children: [/* @__PURE__ */ z("span", {
						class: "pair",
						children: ["photos", "projections"].map((t) => s.value?.dead.includes(e) ? /* @__PURE__ */ z(en, { side: 60 }, t) : /* @__PURE__ */ z($, {
							layer: a,
							channel: e,
							kind: t,
							side: 60,
							from: o
						}, t))
					}), /* @__PURE__ */ z("span", {
						class: "caption",
						children: [/* @__PURE__ */ z("b", { children: [/* @__PURE__ */ z("span", {
							class: "heard",
							children: "Unit "
						}), e] }), /* @__PURE__ */ z("span", { children: s.value.dead.includes(e) ? "dead" : Z(s.value.maximum[e]) })]
					})]
				})
			})
		]
	});
}
// src/pages/Compare.tsx
function Jr(e) {
	let t = W(), [n, r] = N(null);
	return P(() => {
		if (!e) return;
		let n = !0;
		return mt(t.store.host, e).then((t) => n && r({
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
function Yr({ query: e }) {
	let t = W(), { router: n } = L(), r = e.get("a") ?? t.manifest.layers[0]?.name ?? "", i = e.get("with") ?? "", { other: a, error: o } = Jr(i), s = e.get("b") || (i ? r : ""), c = G(t.store.host.kind === "file" ? null : "atlases"), l = (e) => n.replace(st(e.a ?? r, e.b ?? s, e.other ?? i));
	return /* @__PURE__ */ z(b, { children: [
		/* @__PURE__ */ z("h1", { children: "Compare" }),
		/* @__PURE__ */ z("form", {
			class: "bar compare-bar",
			onSubmit: (e) => e.preventDefault(),
			children: [
				/* @__PURE__ */ z(Xr, {
					label: "Left",
					value: r,
					atlas: t,
					change: (e) => l({ a: e })
				}),
				/* @__PURE__ */ z("span", {
					"aria-hidden": "true",
					children: "⇄"
				}),
				/* @__PURE__ */ z(Xr, {
					label: "Right",
					value: s,
					atlas: a ?? t,
					change: (e) => l({ b: e })
				}),
				(c.value?.length ?? 0) > 0 && /* @__PURE__ */ z("label", { children: ["Right side from", /* @__PURE__ */ z("select", {
					value: i,
					onChange: (e) => l({ other: e.currentTarget.value }),
					children: [/* @__PURE__ */ z("option", {
						value: "",
						children: "this atlas"
					}), c.value?.map((e) => /* @__PURE__ */ z("option", {
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
		o ? /* @__PURE__ */ z(Y, {
			title: "The other atlas cannot be shown",
			children: o
		}) : a ? /* @__PURE__ */ z(Zr, {
			a: r,
			b: s,
			own: t,
			other: a
		}) : /* @__PURE__ */ z(X, { what: i })
	] });
}
function Xr({ label: e, value: t, atlas: n, change: r }) {
	let i = `compare-${e.toLowerCase()}`;
	return /* @__PURE__ */ z("label", { children: [
		e,
		/* @__PURE__ */ z("input", {
			id: i,
			list: `${i}-list`,
			value: t,
			placeholder: "layer or layer:unit",
			spellcheck: !1,
			autocomplete: "off",
			onChange: (e) => r(e.currentTarget.value.trim())
		}),
		/* @__PURE__ */ z("datalist", {
			id: `${i}-list`,
			children: n.manifest.layers.map((e) => /* @__PURE__ */ z("option", { value: e.name }, e.id))
		})
	] });
}
function Zr({ a: e, b: t, own: n, other: r }) {
	let i = (e, t) => {
		let n = ht(t, e);
		if (n) return {
			layer: n,
			channel: null,
			atlas: t
		};
		let r = U(e), i = r ? ht(t, r.layer) : void 0;
		return r && i && r.channel < i.channels ? {
			layer: i,
			channel: r.channel,
			atlas: t
		} : null;
	}, [a, o] = [i(e, n), i(t || e, r)];
	return !a || !o ? /* @__PURE__ */ z("p", {
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
	}) : a.channel !== null && o.channel !== null ? /* @__PURE__ */ z(Wr, {
		left: {
			...a,
			channel: a.channel
		},
		right: {
			...o,
			channel: o.channel
		}
	}) : a.channel === null && o.channel === null ? /* @__PURE__ */ z(Kr, {
		left: a,
		right: o,
		a: e,
		b: t || e
	}) : /* @__PURE__ */ z("p", {
		class: "empty",
		children: "One side is a layer and the other a unit: name two of a kind."
	});
}
// src/parts/Covered.tsx
var Qr = ([e, t, n, r]) => [(e + n) / 2, (t + r) / 2];
function $r(e, t, n) {
	let r = e.map((e) => (Qr(e)[0] - t) ** 2 + (Qr(e)[1] - n) ** 2);
	return r.indexOf(Math.min(...r));
}
function ei(e, t) {
	let n = t.map((t) => (e ?? 0) - (t ?? e ?? 0)), r = Math.max(...n, 0);
	return {
		share: n.map((e) => r > 0 ? Math.max(0, e / r) : 0),
		worst: n.indexOf(Math.max(...n))
	};
}
function ti({ name: e }) {
	let { manifest: t } = W(), n = G(`experiments/${e}`), [r, i] = N(0), [a, o] = N("0"), [s, c] = N(null), l = n.value?.images[r], u = on(W(), l?.image ?? -1), d = ft(l && l.image !== null ? u : null);
	if (n.error) return null;
	if (!n.value || !l) return /* @__PURE__ */ z(X, { what: e });
	let { boxes: f, shape: p, images: m } = n.value, h = l.grids[Number(a)] ?? l.grids[0];
	if (!h) return null;
	let [, g, _] = t.model.input, { share: v, worst: y } = ei(h.before, h.after), b = s ?? y, x = f[b] ?? [
		0,
		0,
		0,
		0
	], [S, C] = [g / p[0], _ / p[1]], w = (e) => {
		let t = e.currentTarget.getBoundingClientRect();
		c($r(f, (e.clientY - t.top) / t.height * g, (e.clientX - t.left) / t.width * _));
	};
	return /* @__PURE__ */ z(J, {
		class: "panel wide covered",
		title: "Place by place",
		note: "The warmer a place, the more is lost where the square is laid over it. Point at one, touch it, or use the slider.",
		children: /* @__PURE__ */ z("div", {
			class: "covered-pair",
			children: [/* @__PURE__ */ z("svg", {
				class: "whole",
				viewBox: `0 0 ${_} ${g}`,
				role: "img",
				"aria-label": `${l.name}: the square at row ${x[0]}, column ${x[1]}`,
				onPointerMove: w,
				onPointerDown: w,
				onPointerLeave: () => c(null),
				children: [
					/* @__PURE__ */ z("rect", {
						class: "beyond",
						width: _,
						height: g
					}),
					d && /* @__PURE__ */ z("image", {
						href: d,
						width: _,
						height: g,
						preserveAspectRatio: "none"
					}),
					f.map((e, t) => {
						let [n, r] = Qr(e);
						return /* @__PURE__ */ z("rect", {
							class: "loss",
							x: r - C / 2,
							y: n - S / 2,
							width: C,
							height: S,
							opacity: .75 * (v[t] ?? 0)
						}, t);
					}),
					/* @__PURE__ */ z("rect", {
						class: "field-halo",
						x: x[1],
						y: x[0],
						width: x[3] - x[1],
						height: x[2] - x[0]
					}),
					/* @__PURE__ */ z("rect", {
						class: "field",
						x: x[1],
						y: x[0],
						width: x[3] - x[1],
						height: x[2] - x[0]
					})
				]
			}), /* @__PURE__ */ z("div", {
				class: "covered-told",
				children: [
					m.length > 1 && /* @__PURE__ */ z("label", { children: [
						"Image",
						" ",
						/* @__PURE__ */ z("select", {
							value: r,
							onChange: (e) => i(Number(e.currentTarget.value)),
							children: m.map((e, t) => /* @__PURE__ */ z("option", {
								value: t,
								children: Zt(e.name)
							}, t))
						})
					] }),
					l.grids.length > 1 && /* @__PURE__ */ z(xt, {
						label: "What is followed",
						value: a,
						options: l.grids.map((e, t) => [String(t), e.of]),
						change: o
					}),
					/* @__PURE__ */ z("p", { children: [
						/* @__PURE__ */ z(q, {
							text: h.of,
							plain: !0
						}),
						": ",
						/* @__PURE__ */ z("b", {
							class: "figure",
							children: Z(h.before)
						}),
						" uncovered, ",
						/* @__PURE__ */ z("b", {
							class: "figure",
							children: Z(h.after[b])
						}),
						" with rows ",
						x[0],
						" to ",
						x[2],
						", columns ",
						x[1],
						" to ",
						x[3],
						" covered",
						s === null && ", where it falls most",
						"."
					] }),
					/* @__PURE__ */ z("input", {
						type: "range",
						min: 0,
						max: f.length - 1,
						value: b,
						onInput: (e) => c(Number(e.currentTarget.value)),
						"aria-label": "Place of the square"
					}),
					l.image !== null && /* @__PURE__ */ z("p", { children: /* @__PURE__ */ z("a", {
						href: H(l.image),
						children: "What else excites units on this image"
					}) })
				]
			})]
		})
	});
}
// src/pages/Experiments.tsx
var ni = {
	occlusion: "Occlusion",
	invariance: "Invariance",
	correspondence: "Correspondence",
	causes: "Causes",
	effects: "Effects",
	mistakes: "Mistakes",
	evolution: "Evolution",
	diagnosis: "Diagnosis",
	sanity: "What projections are worth",
	tuning: "Tuning",
	ablation: "Ablation",
	transfer: "Transfer",
	check: "Check"
};
function ri() {
	let e = G("experiments");
	return e.error ? /* @__PURE__ */ z(ii, {}) : e.value ? e.value.length ? /* @__PURE__ */ z(b, { children: [
		/* @__PURE__ */ z("h1", { children: "Experiments" }),
		/* @__PURE__ */ z("p", {
			class: "lead",
			children: [
				"Results that other commands placed beside the units: ",
				Q(e.value.length, "experiment"),
				"."
			]
		}),
		/* @__PURE__ */ z("ul", {
			class: "experiments",
			children: e.value.map((e) => /* @__PURE__ */ z("li", { children: /* @__PURE__ */ z("a", {
				href: ot(e.name),
				children: [
					/* @__PURE__ */ z(ai, {
						experiment: e,
						file: e.figures[0] ?? null,
						small: !0
					}),
					/* @__PURE__ */ z("span", {
						class: "op",
						children: ni[e.kind] ?? e.kind
					}),
					/* @__PURE__ */ z("b", { children: /* @__PURE__ */ z("bdi", { children: e.title }) }),
					/* @__PURE__ */ z("span", {
						class: "quiet clamp",
						children: e.summary
					})
				]
			}) }, e.name))
		})
	] }) : /* @__PURE__ */ z(ii, {}) : /* @__PURE__ */ z(X, { what: "experiments" });
}
var ii = () => /* @__PURE__ */ z(b, { children: [/* @__PURE__ */ z("h1", { children: "Experiments" }), /* @__PURE__ */ z("p", {
	class: "empty",
	children: [
		"There are none yet. Commands such as ",
		/* @__PURE__ */ z("code", { children: "convscope occlude" }),
		" place their results here when they are told the atlas's folder."
	]
})] });
function ai({ experiment: e, file: t, small: n }) {
	let r = ft(t === null ? null : `experiments/${e.name}/${t}`), i = e.captions[e.figures.indexOf(t ?? "")] ?? "", [a, o] = N(!1);
	return r ? n ? /* @__PURE__ */ z("img", {
		src: r,
		alt: "",
		loading: "lazy"
	}) : /* @__PURE__ */ z("figure", {
		class: a ? "result wide" : "result",
		children: [/* @__PURE__ */ z("a", {
			href: r,
			target: "_blank",
			rel: "noreferrer",
			children: /* @__PURE__ */ z("img", {
				src: r,
				alt: i || `Figure ${t} of ${e.title}`,
				onLoad: ({ currentTarget: { naturalWidth: e, naturalHeight: t } }) => o(e > 2 * t)
			})
		}), i && /* @__PURE__ */ z("figcaption", { children: i })]
	}) : n ? /* @__PURE__ */ z(oi, { experiment: e }) : null;
}
function oi({ experiment: e }) {
	let t = e.shown;
	return /* @__PURE__ */ z("span", {
		class: "no-figure",
		"aria-hidden": "true",
		children: t && [t.columns, ...t.rows.slice(0, 3)].map((e, t) => /* @__PURE__ */ z("span", { children: e.slice(0, 4).map((e, t) => /* @__PURE__ */ z("bdi", { children: e }, t)) }, t))
	});
}
var si = (e) => /[",\n]/.test(e) ? `"${e.replace(/"/g, "\"\"")}"` : e;
function ci({ name: e }) {
	let { store: t } = W(), n = G("experiments");
	if (!n.value && !n.error) return /* @__PURE__ */ z(X, { what: e });
	let r = n.value?.find((t) => t.name === e);
	if (!r) return /* @__PURE__ */ z(Y, {
		title: "No such experiment",
		children: [
			"“",
			e,
			"” is not in this atlas."
		]
	});
	let i = r.shown, a = i !== null && i.rows.length === i.count;
	return /* @__PURE__ */ z(b, { children: [
		/* @__PURE__ */ z("div", {
			class: "page-head",
			children: /* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z("h1", { children: /* @__PURE__ */ z("bdi", { children: r.title }) }), /* @__PURE__ */ z("p", {
				class: "lead",
				children: ni[r.kind] ?? r.kind
			})] })
		}),
		r.summary.split(/\n\s*\n/).map((e, t) => /* @__PURE__ */ z("p", {
			class: "prose",
			children: e
		}, t)),
		r.kind === "occlusion" && r.data && /* @__PURE__ */ z(ti, { name: r.name }),
		/* @__PURE__ */ z("div", {
			class: "findings",
			children: [r.figures.map((e) => /* @__PURE__ */ z(ai, {
				experiment: r,
				file: e
			}, e)), i && /* @__PURE__ */ z(J, {
				class: "panel wide",
				title: "Table",
				note: a ? void 0 : `The first ${i.rows.length} of ${i.count} rows.`,
				children: [/* @__PURE__ */ z(ui, {
					columns: i.columns,
					rows: i.rows
				}), /* @__PURE__ */ z("p", {
					class: "actions",
					children: a ? /* @__PURE__ */ z("button", {
						type: "button",
						onClick: () => {
							i && We(`${r.name}.csv`, [i.columns, ...i.rows].map((e) => `${e.map(si).join(",")}\n`).join(""), "text/csv");
						},
						children: "Download CSV"
					}) : t.host.kind === "folder" && /* @__PURE__ */ z("a", {
						class: "button",
						href: `experiments/${encodeURIComponent(r.name)}/table.csv`,
						download: `${r.name}.csv`,
						children: "Download CSV"
					})
				})]
			})]
		}),
		/* @__PURE__ */ z(di, { experiment: r })
	] });
}
var li = (e) => e.trim() !== "" && Number.isFinite(Number(e));
function ui({ columns: e, rows: t }) {
	let n = e.map((e, n) => t.every((e) => li(e[n] ?? "") || !e[n]));
	return /* @__PURE__ */ z("div", {
		class: "scroll",
		tabIndex: 0,
		role: "region",
		"aria-label": "Rows of the table",
		children: /* @__PURE__ */ z("table", { children: [/* @__PURE__ */ z("thead", { children: /* @__PURE__ */ z("tr", { children: e.map((e, t) => /* @__PURE__ */ z("th", {
			scope: "col",
			class: n[t] ? "number" : "",
			children: /* @__PURE__ */ z("bdi", { children: e })
		}, t)) }) }), /* @__PURE__ */ z("tbody", { children: t.map((e, t) => /* @__PURE__ */ z("tr", { children: e.map((e, t) => /* @__PURE__ */ z("td", {
			class: n[t] ? "number" : "",
			title: n[t] && Bt(e) !== e ? e : void 0,
			children: /* @__PURE__ */ z("bdi", { children: n[t] ? Bt(e) : e })
		}, t)) }, t)) })] })
	});
}
function di({ experiment: e }) {
	let t = e.units.flatMap((e) => U(e) ?? []), n = Vt(e.settings);
	return /* @__PURE__ */ z("div", {
		class: "cards settings",
		children: [(t.length > 0 || e.images.length > 0) && /* @__PURE__ */ z(J, {
			title: "About",
			children: /* @__PURE__ */ z("p", {
				class: "chips",
				children: [t.map((e) => /* @__PURE__ */ z("a", {
					class: "chip",
					href: V(e.layer, e.channel),
					children: /* @__PURE__ */ z(q, { text: `${e.layer}:${e.channel}` })
				}, `${e.layer}:${e.channel}`)), e.images.map((e) => /* @__PURE__ */ z("a", {
					class: "chip",
					href: H(e),
					children: ["image ", e]
				}, e))]
			})
		}), n.length > 0 && /* @__PURE__ */ z(J, {
			title: "Settings",
			children: /* @__PURE__ */ z(_t, { rows: n })
		})]
	});
}
// src/parts/Caution.tsx
function fi({ layers: e }) {
	let t = e.filter(Yt);
	return t.length ? /* @__PURE__ */ z("p", {
		class: "caution",
		children: [t.map((e, t) => /* @__PURE__ */ z("span", { children: [t > 0 && ", ", /* @__PURE__ */ z(q, { text: e.name })] }, e.id)), ": projections look much like a random signal's from the same place (median cosine above 0.9). They say where, hardly what."]
	}) : null;
}
// src/parts/Marked.tsx
function pi() {
	let e = W(), t = It(), { toast: n } = L(), r = Object.entries(t.all());
	if (!r.length) return null;
	let i = () => We("notes.json", JSON.stringify({
		model: e.manifest.model.name,
		fingerprint: e.manifest.model.fingerprint,
		notes: t.all()
	}, null, 1)), a = async (r) => {
		let i = r.files?.[0];
		if (r.value = "", !i) return;
		let a = mi(await i.text(), e.manifest.model.fingerprint);
		n(a === null ? "This file holds notes on another network" : `${Q(t.merge(a), "note")} taken in`);
	};
	return /* @__PURE__ */ z(J, {
		title: "Marked units",
		class: "panel marked",
		children: [/* @__PURE__ */ z("ul", {
			class: "tiles",
			children: r.map(([t, n]) => {
				let r = U(t), i = r && gt(e, r.layer, r.channel);
				return !r || !i || r.channel >= i.channels ? null : /* @__PURE__ */ z("li", { children: /* @__PURE__ */ z("a", {
					href: V(r.layer, r.channel),
					children: [
						/* @__PURE__ */ z("span", {
							class: "pair",
							children: [/* @__PURE__ */ z($, {
								layer: i,
								channel: r.channel,
								kind: "photos",
								side: 64
							}), /* @__PURE__ */ z($, {
								layer: i,
								channel: r.channel,
								kind: "projections",
								side: 64
							})]
						}),
						/* @__PURE__ */ z("span", {
							class: "caption",
							children: /* @__PURE__ */ z("b", { children: /* @__PURE__ */ z(q, { text: t }) })
						}),
						n && /* @__PURE__ */ z("small", {
							class: "clamp",
							children: n
						})
					]
				}) }, t);
			})
		}), /* @__PURE__ */ z("p", {
			class: "actions",
			children: [/* @__PURE__ */ z("button", {
				type: "button",
				onClick: i,
				children: "Save notes"
			}), /* @__PURE__ */ z("label", {
				class: "button",
				children: ["Take in notes…", /* @__PURE__ */ z("input", {
					class: "heard",
					type: "file",
					accept: "application/json,.json",
					onChange: (e) => void a(e.currentTarget)
				})]
			})]
		})]
	});
}
function mi(e, t) {
	let n;
	try {
		n = JSON.parse(e);
	} catch {
		return {};
	}
	return typeof n != "object" || !n || !("notes" in n) ? {} : "fingerprint" in n && n.fingerprint !== t ? null : Nt(JSON.stringify(n.notes));
}
// src/pages/Home.tsx
function hi(e, t) {
	if (!e) return t.map((e) => ({ shown: e }));
	let n = new Map(t.map((e) => [e.name, e])), r = [];
	for (let t of e.layers) {
		let e = n.get(t.name), i = r.at(-1);
		e ? r.push({ shown: e }) : i && "passed" in i ? i.passed.push(t) : r.push({ passed: [t] });
	}
	return r;
}
function gi() {
	let { manifest: e } = W(), { router: t } = L(), n = G("network"), r = I(() => hi(n.value, e.layers), [n.value, e]), [i, a] = N(-1), o = (t) => () => a((n) => Math.max(0, Math.min(e.layers.length - 1, n + t)));
	R({
		ArrowDown: o(1),
		j: o(1),
		ArrowUp: o(-1),
		k: o(-1),
		Enter: () => {
			let n = e.layers[Math.max(0, i)];
			n && t.go(B(n.name));
		}
	});
	let s = e.layers.reduce((e, t) => e + t.units.dead, 0);
	return /* @__PURE__ */ z(b, { children: [
		/* @__PURE__ */ z("h1", { children: /* @__PURE__ */ z(q, {
			text: e.model.name,
			plain: !0
		}) }),
		/* @__PURE__ */ z("p", {
			class: "lead",
			children: [
				"What its ",
				Q(e.units, "unit"),
				" in ",
				Q(e.layers.length, "layer"),
				" respond to, in ",
				Q(e.data.count, "image"),
				s > 0 && `; ${Q(s, "unit")} never ${s === 1 ? "responds" : "respond"}`,
				"."
			]
		}),
		/* @__PURE__ */ z(yi, { manifest: e }),
		/* @__PURE__ */ z(fi, { layers: e.layers }),
		/* @__PURE__ */ z("div", {
			class: "map-head",
			children: /* @__PURE__ */ z("h2", { children: "Layers in execution order" })
		}),
		/* @__PURE__ */ z("ol", {
			class: "map",
			children: r.map((t, r) => "shown" in t ? /* @__PURE__ */ z(_i, {
				layer: t.shown,
				role: qt(t.shown.name, n.value?.layers ?? []),
				current: e.layers.indexOf(t.shown) === i
			}, t.shown.id) : /* @__PURE__ */ z(vi, { layers: t.passed }, `passed-${r}`))
		}),
		/* @__PURE__ */ z(pi, {}),
		/* @__PURE__ */ z(Si, { manifest: e })
	] });
}
function _i({ layer: e, role: t, current: n }) {
	let { manifest: r } = W(), i = e.preview, a = window.innerWidth < 600 ? 28 : 40, o = Math.min(i.columns, e.channels), s = K(r.paths.preview, { layer: e.id });
	return /* @__PURE__ */ z("li", {
		class: n ? "station current" : "station",
		children: /* @__PURE__ */ z("a", {
			href: B(e.name),
			children: [
				/* @__PURE__ */ z("span", {
					class: "station-name",
					children: [/* @__PURE__ */ z("b", { children: /* @__PURE__ */ z(q, { text: e.name }) }), /* @__PURE__ */ z("span", {
						class: "op",
						children: [e.op, t].filter(Boolean).join(", ")
					})]
				}),
				/* @__PURE__ */ z("span", {
					class: "station-shape",
					children: [/* @__PURE__ */ z("span", {
						class: "number",
						children: Wt(e)
					}), /* @__PURE__ */ z("small", { children: e.spatial ? "units × map" : "units" })]
				}),
				/* @__PURE__ */ z("span", {
					class: "station-field",
					children: [/* @__PURE__ */ z(vt, {
						field: e.field,
						input: r.model.input
					}), /* @__PURE__ */ z("span", { children: [e.field ? `${e.field.size[0]} px` : "all", /* @__PURE__ */ z("small", { children: e.field ? `stride ${e.field.stride[0]}` : "whole image" })] })]
				}),
				/* @__PURE__ */ z("span", {
					class: "station-told",
					children: [
						/* @__PURE__ */ z("span", {
							class: e.units.dead ? "station-dead some" : "station-dead",
							children: [e.units.dead, " dead"]
						}),
						e.control && /* @__PURE__ */ z("small", {
							class: Yt(e) ? "some" : "",
							title: "Median cosine of a unit's projection and a random signal's from the same place: 1 alike, 0 unrelated",
							children: ["like control ", e.control.median?.toFixed(2) ?? "–"]
						}),
						/* @__PURE__ */ z(Bn, {
							layer: e.name,
							brief: !0
						})
					]
				}),
				/* @__PURE__ */ z("span", {
					class: "strip",
					"aria-hidden": "true",
					children: [0, 1].map((e) => /* @__PURE__ */ z("span", { children: Array.from({ length: o }, (t, n) => /* @__PURE__ */ z($t, {
						path: s,
						grid: i,
						panel: 0,
						cell: e * i.columns + n,
						side: a,
						boost: e === 1
					}, n)) }, e))
				})
			]
		})
	});
}
function vi({ layers: e }) {
	return /* @__PURE__ */ z("li", {
		class: "passed",
		children: /* @__PURE__ */ z("details", { children: [/* @__PURE__ */ z("summary", { children: [e.length === 1 ? e[0]?.name : `${e.length} layers`, ", not in this atlas"] }), /* @__PURE__ */ z("ul", { children: e.map((e) => /* @__PURE__ */ z("li", { children: [
			/* @__PURE__ */ z(q, { text: e.name }),
			" ",
			/* @__PURE__ */ z("span", {
				class: "op",
				children: e.op
			}),
			" ",
			/* @__PURE__ */ z("span", {
				class: "number",
				children: Wt(e)
			}),
			" ",
			/* @__PURE__ */ z("span", { children: Kt(e) })
		] }, e.name)) })] })
	});
}
function yi({ manifest: e }) {
	let { count: t, shown: n } = e.failures;
	return t ? /* @__PURE__ */ z("details", {
		class: "panel warning",
		children: [/* @__PURE__ */ z("summary", { children: [
			Q(t, "image"),
			" could not be read and ",
			t === 1 ? "was" : "were",
			" left out"
		] }), /* @__PURE__ */ z("ul", { children: [n.map((e) => /* @__PURE__ */ z("li", { children: [
			/* @__PURE__ */ z(q, { text: e.name }),
			" ",
			/* @__PURE__ */ z("span", {
				class: "quiet",
				children: e.reason
			})
		] }, e.image)), t > n.length && /* @__PURE__ */ z("li", {
			class: "quiet",
			children: [
				"and ",
				t - n.length,
				" more, in atlas.sqlite"
			]
		})] })]
	}) : null;
}
var bi = ({ value: e }) => /* @__PURE__ */ z("code", {
	class: "hash",
	title: e,
	children: [e.slice(0, 16), "…"]
}), xi = (e, t) => t ? [[e, t]] : [];
function Si({ manifest: e }) {
	let { model: t, data: n, options: r, versions: i, check: a } = e;
	return /* @__PURE__ */ z("div", {
		class: "cards",
		children: [
			/* @__PURE__ */ z(J, {
				title: "Model",
				children: /* @__PURE__ */ z(_t, { rows: [
					["Name", /* @__PURE__ */ z(q, {
						text: t.name,
						plain: !0
					}, "n")],
					["Input", `${t.input.join(" × ")}, ${t.dtype}`],
					["Preparation", t.preprocessText],
					["Output", /* @__PURE__ */ z(q, {
						text: t.output + (t.classes ? `, ${Q(t.classes, "class", "classes")}` : ""),
						plain: !0
					}, "o")],
					...xi("Taken for", t.meaning),
					["SHA-256", /* @__PURE__ */ z(bi, { value: t.fingerprint }, "h")]
				] })
			}),
			/* @__PURE__ */ z(J, {
				title: "Images",
				children: /* @__PURE__ */ z(_t, { rows: [
					["Collection", /* @__PURE__ */ z(q, {
						text: n.description,
						plain: !0
					}, "n")],
					["Count", Q(n.count, "image")],
					["Labels", n.classes ? Q(n.classes, "class", "classes") : "none"],
					["Left out", String(e.failures.count)],
					["SHA-256", /* @__PURE__ */ z(bi, { value: n.fingerprint }, "h")]
				] })
			}),
			/* @__PURE__ */ z(J, {
				title: "How it was made",
				children: /* @__PURE__ */ z(_t, { rows: [
					["When", Xt(e.created)],
					["Shown", `${r.k} strongest responses a unit, one an image`],
					["Projection", `${r.rule}; smooth activations: ${r.smooth}; colliding switches: ${r.overlap}; LRN: ${r.lrn}${r.gates ? `; gates: ${r.gates}` : ""}`],
					["Seed", r.seed === null ? "not needed" : String(r.seed)],
					...xi("Check", a?.sentence),
					["Versions", Object.entries(i).map(([e, t]) => `${e} ${t}`).join(", ")]
				] })
			})
		]
	});
}
// src/pages/Image.tsx
function Ci(e, t, n, r) {
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
function wi(e, t, n) {
	if (!e.starts) return Math.floor(e.images.indexOf(t) / n);
	let r = -1;
	for (let n of e.starts) {
		if (n > t) break;
		r += 1;
	}
	return r;
}
function Ti({ number: e }) {
	let { manifest: t, store: n } = W(), r = Number.isInteger(e) && e >= 0, i = G(r ? "images/index" : null), a = G(r && t.extras ? "profiles/index" : null), o = a.value && t.extras ? wi(a.value, e, t.extras.profileShard) : -1, s = G(o >= 0 ? `profiles/${o}` : null), c = i.value?.shards.find((n) => n === Math.floor(e / t.images.shard)), l = G(c === void 0 ? null : `images/${c}`), u = G(n.host.kind === "file" ? null : "experiments");
	if (!r) return /* @__PURE__ */ z(Y, {
		title: "No such image",
		children: "Images have numbers from 0."
	});
	if (i.error) return /* @__PURE__ */ z(Y, {
		title: "Data is missing",
		children: i.error.message
	});
	if (!i.value || t.extras && !a.value && !a.error || o >= 0 && !s.value && !s.error || c !== void 0 && !l.value && !l.error) return /* @__PURE__ */ z(X, { what: `image ${e}` });
	let d = l.value?.images[e], f = s.value?.images[e], p = f ?? d;
	if (!p) return /* @__PURE__ */ z(Y, {
		title: "Not in this atlas",
		children: e < t.data.count ? `Image ${e} is shown nowhere in this atlas, which looked at ${Q(a.value?.count ?? 0, "image")} of ${t.data.count} one by one.` : `The collection has images 0 to ${t.data.count - 1}.`
	});
	let m = p.label < 0 ? null : (s.value ?? l.value)?.classes[p.label] ?? `class ${p.label}`, h = (u.value ?? []).filter((t) => t.images.includes(e));
	return /* @__PURE__ */ z(Ei, {
		number: e,
		name: p.name,
		label: m,
		strong: f?.layers ?? null,
		wins: d?.wins ?? [],
		images: a.value?.images ?? [],
		about: h
	});
}
function Ei({ number: e, name: t, label: n, strong: r, wins: i, images: a, about: o }) {
	let { manifest: s } = W(), { router: c } = L(), [l, u] = N(null), [d, f] = N(null), p = l ?? d, m = a.indexOf(e), [h, g] = m < 0 ? [] : [a[m - 1], a[m + 1]], _ = (e) => () => e === void 0 ? void 0 : c.step(H(e));
	return R({
		ArrowLeft: _(h),
		h: _(h),
		ArrowRight: _(g),
		l: _(g)
	}), /* @__PURE__ */ z(b, { children: [/* @__PURE__ */ z("div", {
		class: "page-head",
		children: [/* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z("h1", { children: /* @__PURE__ */ z(q, { text: Zt(t) }) }), /* @__PURE__ */ z("p", {
			class: "lead",
			children: [
				"image ",
				e,
				n !== null && /* @__PURE__ */ z(b, { children: [" · ", /* @__PURE__ */ z(bt, {
					name: n,
					number: -1
				})] }),
				" · ",
				"among the strongest of ",
				Q(i.length, "unit")
			]
		})] }), /* @__PURE__ */ z("div", {
			class: "steps",
			children: [h !== void 0 && /* @__PURE__ */ z("a", {
				href: H(h),
				"aria-label": `Previous image, ${h}`,
				title: "Previous image (←)",
				children: "←"
			}), g !== void 0 && /* @__PURE__ */ z("a", {
				href: H(g),
				"aria-label": `Next image, ${g}`,
				title: "Next image (→)",
				children: "→"
			})]
		})]
	}), /* @__PURE__ */ z("div", {
		class: "image-page",
		children: [/* @__PURE__ */ z("figure", {
			class: "looked sticky",
			children: [
				/* @__PURE__ */ z(sn, {
					image: e,
					name: t,
					box: p?.box ?? null
				}),
				/* @__PURE__ */ z("figcaption", { children: p ? p.words : "Hover a unit, or press ⌖, to see where it responds" }),
				/* @__PURE__ */ z("p", {
					class: "quiet path",
					children: /* @__PURE__ */ z(q, {
						text: t,
						plain: !0
					})
				}),
				o.map((e) => /* @__PURE__ */ z("p", { children: /* @__PURE__ */ z("a", {
					href: ot(e.name),
					children: e.title
				}) }, e.name))
			]
		}), /* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z(lr, { image: e }), s.layers.map((e, t) => {
			let n = r?.[t] ?? [], a = i.filter((e) => e[0] === t);
			return !n.length && !a.length ? null : /* @__PURE__ */ z(J, {
				title: e.name,
				note: a.length ? `among the ${s.options.k} strongest of ${Q(a.length, "unit")}` : void 0,
				children: [n.length > 0 ? /* @__PURE__ */ z(Di, {
					layer: e,
					rows: n,
					mark: u,
					pin: f,
					pinned: d
				}) : /* @__PURE__ */ z(ki, {
					layer: e,
					wins: a
				}), n.length > 0 && a.length > 0 && /* @__PURE__ */ z("details", { children: [/* @__PURE__ */ z("summary", { children: "Units it is among the strongest of" }), /* @__PURE__ */ z(ki, {
					layer: e,
					wins: a
				})] })]
			}, e.id);
		})] })]
	})] });
}
function Di({ layer: e, rows: t, mark: n, pin: r, pinned: i }) {
	let { manifest: a } = W();
	return /* @__PURE__ */ z("ul", {
		class: "tiles",
		children: t.map(([t, o, s, c, l]) => {
			let u = {
				box: Ci(e, c, l, a.model.input),
				words: `${e.name}:${t}, response ${Z(o)}`
			}, d = () => n(u), f = i?.words === u.words;
			return /* @__PURE__ */ z("li", {
				onMouseEnter: d,
				onMouseLeave: () => n(null),
				children: [/* @__PURE__ */ z("a", {
					href: V(e.name, t),
					onFocus: d,
					onBlur: () => n(null),
					children: [/* @__PURE__ */ z("span", {
						class: "pair",
						children: [/* @__PURE__ */ z($, {
							layer: e,
							channel: t,
							kind: "photos",
							side: 56
						}), /* @__PURE__ */ z($, {
							layer: e,
							channel: t,
							kind: "projections",
							side: 56
						})]
					}), /* @__PURE__ */ z("span", {
						class: "caption",
						children: [/* @__PURE__ */ z("b", { children: [/* @__PURE__ */ z("span", {
							class: "heard",
							children: "Unit "
						}), t] }), /* @__PURE__ */ z("span", {
							title: "response, and its share of the unit's maximum",
							children: [
								Z(o),
								" · ",
								Math.round(100 * s),
								" %"
							]
						})]
					})]
				}), /* @__PURE__ */ z("button", {
					type: "button",
					class: "versus",
					"aria-pressed": f,
					"aria-label": `Where unit ${t} responds`,
					title: "Where it responds",
					onClick: () => (r(f ? null : u), f && n(null)),
					children: "⌖"
				})]
			}, t);
		})
	});
}
var Oi = 24;
function ki({ layer: e, wins: t }) {
	let [n, r] = N(!1), i = n ? t : t.slice(0, Oi);
	return /* @__PURE__ */ z(b, { children: [/* @__PURE__ */ z("ul", {
		class: "tiles",
		children: i.map(([, t, n]) => /* @__PURE__ */ z("li", { children: /* @__PURE__ */ z("a", {
			href: V(e.name, t),
			children: [/* @__PURE__ */ z($, {
				layer: e,
				channel: t,
				kind: "photos",
				side: 48
			}), /* @__PURE__ */ z("span", {
				class: "caption",
				children: [/* @__PURE__ */ z("b", { children: [/* @__PURE__ */ z("span", {
					class: "heard",
					children: "Unit "
				}), t] }), /* @__PURE__ */ z("span", { children: ["no. ", n + 1] })]
			})]
		}) }, t))
	}), t.length > i.length && /* @__PURE__ */ z("button", {
		type: "button",
		onClick: () => r(!0),
		children: ["Show all ", t.length]
	})] });
}
// src/pages/Images.tsx
function Ai() {
	let { manifest: e, store: t } = W(), n = G(e.extras ? "profiles/index" : null), r = G(e.extras ? null : "images/index"), [i, a] = N(null);
	P(() => {
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
function ji({ query: e }) {
	let { manifest: t } = W(), { router: n } = L(), { images: r, error: i } = Ai(), [a, o] = N(-1), s = (e.get("q") ?? "").toLowerCase();
	if (i) return /* @__PURE__ */ z(Y, {
		title: "Data is missing",
		children: i.message
	});
	if (!r) return /* @__PURE__ */ z(X, { what: "images" });
	let c = r.filter((e) => e.name.toLowerCase().includes(s) || (e.label ?? "").toLowerCase().includes(s));
	return /* @__PURE__ */ z(b, { children: [
		/* @__PURE__ */ z("h1", { children: "Images" }),
		/* @__PURE__ */ z("p", {
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
		/* @__PURE__ */ z("div", {
			class: "bar",
			children: [/* @__PURE__ */ z("input", {
				id: "search",
				class: "find",
				type: "search",
				value: e.get("q") ?? "",
				onInput: (e) => n.replace(it("#/images", { q: e.currentTarget.value })),
				placeholder: "Find name or label",
				"aria-label": "Find images"
			}), /* @__PURE__ */ z("output", {
				class: "count",
				"aria-live": "polite",
				children: [
					c.length,
					" of ",
					r.length
				]
			})]
		}),
		c.length === 0 ? /* @__PURE__ */ z("p", {
			class: "empty",
			children: ["No image listed has this in its name or label.", /^\d+$/.test(s) && /* @__PURE__ */ z(b, { children: [" ", /* @__PURE__ */ z("a", {
				href: H(Number(s)),
				children: ["Open image ", Number(s)]
			})] })]
		}) : /* @__PURE__ */ z(Vr, {
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
			render: (e, t) => /* @__PURE__ */ z(Mi, {
				image: c[e],
				first: t
			})
		})
	] });
}
function Mi({ image: e, first: t }) {
	let n = ft(on(W(), e.number));
	return /* @__PURE__ */ z("a", {
		class: "unit thumb",
		href: H(e.number),
		tabIndex: t ? 0 : -1,
		children: [
			n ? /* @__PURE__ */ z("img", {
				src: n,
				alt: "",
				width: 120,
				height: 120
			}) : /* @__PURE__ */ z("span", { class: "tile none" }),
			/* @__PURE__ */ z("span", {
				class: "caption",
				children: /* @__PURE__ */ z("b", { children: /* @__PURE__ */ z(q, { text: e.label ?? Zt(e.name) }) })
			}),
			e.label !== null && /* @__PURE__ */ z("small", { children: /* @__PURE__ */ z(q, { text: Zt(e.name) }) })
		]
	});
}
// src/alike.ts
function Ni(e) {
	let t = atob(e.codes);
	return Int8Array.from({ length: t.length - t.length % e.rank }, (e, n) => t.charCodeAt(n));
}
function Pi(e, t, n = []) {
	let { rank: r } = e, i = Ni(e), a = i.length / r, o = i.subarray(t * r, (t + 1) * r), s = new Set(n.map(([e]) => e)), c = n.at(-1)?.[1] ?? 1, l = [...n];
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
var Fi = 32;
function Ii(e, t) {
	let n = Ni(e), r = Math.min(Fi, e.rank), i = t.filter((t) => n.subarray(t * e.rank, (t + 1) * e.rank).some((e) => e !== 0)), a = new Float32Array(i.length * r);
	return i.forEach((t, i) => a.set(n.subarray(t * e.rank, t * e.rank + r), i * r)), {
		vectors: {
			rank: r,
			values: a
		},
		units: i
	};
}
var Li = (e) => `correlation of strongest responses in ${e.images} images${e.error >= .005 ? `, ± ${e.error.toFixed(2)} beyond the nearest` : ""}`, Ri = [
	["index", "index"],
	["maximum", "maximum"],
	["mean", "mean"],
	["active", "fraction active"],
	["selectivity", "class selectivity"],
	["control", "likeness to control"],
	["grey", "kept in grey"],
	["hue", "kept with colours turned"],
	["blurred", "kept blurred"],
	["shuffled", "kept shuffled"],
	["mirrored", "kept mirrored"],
	["turned", "kept turned"],
	["moved", "kept moved"],
	["lost", "answers lost without it"],
	["falls", "fall of the score that needs it most"],
	["similar", "similarity to a unit"],
	["map", "likeness, as a map"]
], zi = [
	"grey",
	"hue",
	"blurred",
	"shuffled",
	"mirrored",
	"turned",
	"moved"
], Bi = (e) => zi.includes(e), Vi = ["lost", "falls"], Hi = (e) => Vi.includes(e), Ui = (e, t, n) => t.find((t) => t === e) ?? n, Wi = (e) => {
	if (e === null || e.trim() === "") return null;
	let t = Number(e);
	return Number.isFinite(t) ? t : null;
};
function Gi(e) {
	let t = Ui(e.get("sort"), Ri.map(([e]) => e), "index");
	return {
		view: Ui(e.get("view"), [
			"photos",
			"projections",
			"both"
		], "both"),
		sort: t,
		ascending: e.has("up") ? e.get("up") === "1" : t === "index",
		alive: Ui(e.get("alive"), [
			"all",
			"alive",
			"dead"
		], "all"),
		class: Wi(e.get("class")),
		like: Ui(e.get("like"), [
			"all",
			"unlike",
			"like"
		], "all"),
		low: Wi(e.get("low")),
		high: Wi(e.get("high")),
		near: Wi(e.get("near")),
		text: e.get("q") ?? "",
		marked: e.get("marked") === "1"
	};
}
function Ki(e) {
	return {
		view: e.view === "both" ? null : e.view,
		sort: e.sort === "index" ? null : e.sort,
		up: e.ascending === (e.sort === "index") ? null : +!!e.ascending,
		alive: e.alive === "all" ? null : e.alive,
		class: e.class,
		like: e.like === "all" ? null : e.like,
		low: e.low,
		high: e.high,
		near: e.near,
		q: e.text,
		marked: e.marked ? 1 : null
	};
}
function qi(e, t, n, r) {
	let i = new Set(t.dead), { low: a, high: o, class: s } = e, c = e.text.toLowerCase();
	return {
		alive: (t) => e.alive === "all" || i.has(t) === (e.alive === "dead"),
		class: (e) => s === null || t.topClass?.[e] === s,
		like: (t) => {
			if (e.like === "all" || !r) return !0;
			let n = r[t] ?? null;
			return n !== null && n > .9 == (e.like === "like");
		},
		range: (e) => {
			let n = t.maximum[e] ?? null;
			return a === null && o === null || n !== null && (a === null || n >= a) && (o === null || n <= o);
		},
		marked: (t) => !e.marked || n.has(t),
		text: (e) => !c || String(e).startsWith(c) || (t.names?.[e] ?? "").toLowerCase().includes(c)
	};
}
function Ji(e, t, n, { nearest: r = [], controls: i, measured: a, only: o, marked: s = /* @__PURE__ */ new Set() } = {}) {
	let c = qi(n, t, s, i), l = new Set(t.dead), u = {
		all: 0,
		alive: {
			all: 0,
			alive: 0,
			dead: 0
		},
		classes: /* @__PURE__ */ new Map(),
		marked: 0,
		like: {
			all: 0,
			unlike: 0,
			like: 0
		},
		maxima: []
	}, d = Object.keys(c), f = [];
	for (let n of o ?? Array.from({ length: e.channels }, (e, t) => t)) {
		u.all += 1;
		let e = d.filter((e) => !c[e](n));
		e.length === 0 && f.push(n);
		let r = (t) => e.every((e) => e === t);
		r("alive") && (u.alive.all += 1, u.alive[l.has(n) ? "dead" : "alive"] += 1);
		let [a, o, p] = [
			t.topClass?.[n],
			t.maximum[n],
			i?.[n] ?? null
		];
		r("class") && a !== void 0 && a >= 0 && u.classes.set(a, (u.classes.get(a) ?? 0) + 1), r("marked") && s.has(n) && (u.marked += 1), r("range") && typeof o == "number" && u.maxima.push(o), r("like") && (u.like.all += 1, p !== null && (u.like[p > .9 ? "like" : "unlike"] += 1));
	}
	return {
		units: Yi(f, t, n, r, i, a),
		counts: u
	};
}
function Yi(e, t, n, r, i, a) {
	let o = n.ascending ? 1 : -1;
	if (n.sort === "index") return n.ascending ? e : e.reverse();
	let s = new Map(r);
	if (n.near !== null && s.set(n.near, Infinity), n.sort === "map") return e;
	let c = n.sort === "similar" ? null : n.sort === "control" ? i : Bi(n.sort) || Hi(n.sort) ? a : t[n.sort], l = (e) => c ? c[e] ?? null : n.sort === "similar" ? s.get(e) ?? null : null;
	return e.sort((e, t) => {
		let [n, r] = [l(e), l(t)];
		return n === null || r === null ? n === r ? e - t : n === null ? 1 : -1 : n === r ? e - t : o * (n < r ? -1 : 1);
	});
}
// src/parts/Spread.tsx
var Xi = 28, [Zi, Qi] = [140, 26];
function $i(e, t, n, r) {
	return n > t ? Math.max(0, Math.min(r - 1, Math.floor((e - t) / (n - t) * r))) : null;
}
function ea({ values: e, least: t, most: n, low: r, high: i, change: a }) {
	let o = F(null);
	if (!(n > t)) return null;
	let s = Array(Xi).fill(0);
	for (let r of e) {
		let e = $i(r, t, n, Xi);
		e !== null && (s[e] = (s[e] ?? 0) + 1);
	}
	let c = Math.max(...s, 1), l = (e) => t + (n - t) * e / Xi, u = (e) => {
		let t = e.currentTarget.getBoundingClientRect();
		return Math.max(0, Math.min(27, Math.floor((e.clientX - t.left) / t.width * Xi)));
	}, d = (e) => {
		if (o.current === null) return;
		let t = u(e), [n, r] = [Math.min(o.current, t), Math.max(o.current, t)];
		a(n === 0 ? null : Number(l(n).toPrecision(4)), r === 27 ? null : Number(l(r + 1).toPrecision(4)));
	}, f = (e) => (r === null || l(e + 1) > r) && (i === null || l(e) < i);
	return /* @__PURE__ */ z("svg", {
		class: "spread",
		viewBox: `0 0 ${Zi} ${Qi}`,
		width: Zi,
		height: Qi,
		"aria-hidden": "true",
		onPointerDown: (e) => {
			e.currentTarget.setPointerCapture(e.pointerId), o.current = u(e), d(e);
		},
		onPointerMove: d,
		onPointerUp: () => {
			o.current = null;
		},
		children: [
			/* @__PURE__ */ z("title", { children: "Drag to choose a range" }),
			/* @__PURE__ */ z("rect", {
				class: "ground",
				width: Zi,
				height: Qi
			}),
			s.map((e, t) => {
				let n = e ? Math.max(1.5, (Qi - 2) * Math.sqrt(e / c)) : 0;
				return /* @__PURE__ */ z("rect", {
					class: f(t) ? "bar" : "bar out",
					x: t * Zi / Xi + .5,
					y: Qi - n,
					width: Zi / Xi - 1,
					height: n,
					children: /* @__PURE__ */ z("title", { children: `${Z(l(t))} to ${Z(l(t + 1))}: ${e}` })
				}, t);
			})
		]
	});
}
// src/parts/LayerBar.tsx
var ta = (e) => e.trim() === "" || !Number.isFinite(Number(e)) ? null : Number(e);
function na({ layer: e, data: t, view: n, counts: r, shown: i, measure: a, silenced: o, change: s }) {
	let { manifest: c } = W(), [l, u] = N(!1), d = [
		n.alive !== "all",
		n.class !== null,
		n.like !== "all",
		n.low !== null || n.high !== null,
		n.text !== ""
	].filter(Boolean).length, f = Ri.filter(([e]) => (e !== "selectivity" || t.selectivity) && (e !== "map" || c.extras?.alike) && (e !== "control" || c.paths.likeness) && (!Bi(e) || c.paths.tuning) && (!Hi(e) || o)), p = [...r.classes].sort((e, t) => t[1] - e[1]), m = t.maximum.filter((e) => e !== null), [h, g] = [m.reduce((e, t) => Math.min(e, t), Infinity), m.reduce((e, t) => Math.max(e, t), -Infinity)];
	return /* @__PURE__ */ z("div", {
		class: l ? "bar open" : "bar",
		role: "group",
		"aria-label": "Order and filters",
		children: [
			/* @__PURE__ */ z(xt, {
				label: "Show",
				value: n.view,
				options: [
					["photos", "Photos"],
					["projections", "Projections"],
					["both", "Both"]
				],
				change: (e) => s({ view: e })
			}),
			n.view !== "photos" && /* @__PURE__ */ z(Ct, {}),
			/* @__PURE__ */ z("label", { children: ["Sort", /* @__PURE__ */ z("select", {
				value: n.sort,
				onChange: (e) => s({
					sort: e.currentTarget.value,
					ascending: e.currentTarget.value === "index",
					near: e.currentTarget.value === "similar" ? n.near ?? 0 : n.near
				}),
				children: f.map(([e, t]) => /* @__PURE__ */ z("option", {
					value: e,
					children: t
				}, e))
			})] }),
			n.sort === "map" ? a && /* @__PURE__ */ z("span", {
				class: "quiet measure",
				children: ["by ", a]
			}) : n.sort === "similar" ? /* @__PURE__ */ z(b, { children: [/* @__PURE__ */ z("label", { children: ["Unit", /* @__PURE__ */ z("input", {
				class: "few",
				type: "number",
				min: 0,
				max: e.channels - 1,
				value: n.near ?? 0,
				onInput: (e) => s({ near: ta(e.currentTarget.value) })
			})] }), a && /* @__PURE__ */ z("span", {
				class: "quiet measure",
				children: ["by ", a]
			})] }) : /* @__PURE__ */ z("button", {
				class: "icon",
				type: "button",
				onClick: () => s({ ascending: !n.ascending }),
				"aria-label": n.ascending ? "Ascending; change to descending" : "Descending; change to ascending",
				title: n.ascending ? "Ascending" : "Descending",
				children: n.ascending ? "↑" : "↓"
			}),
			/* @__PURE__ */ z("button", {
				type: "button",
				class: "fold",
				"aria-expanded": l,
				onClick: () => u(!l),
				children: ["Filters", d > 0 && ` (${d})`]
			}),
			/* @__PURE__ */ z("span", {
				class: "filter",
				children: /* @__PURE__ */ z(xt, {
					label: "Dead units",
					value: n.alive,
					options: [
						["all", `All ${r.alive.all}`],
						["alive", `Alive ${r.alive.alive}`],
						["dead", `Dead ${r.alive.dead}`]
					],
					change: (e) => s({ alive: e })
				})
			}),
			c.paths.likeness && /* @__PURE__ */ z("label", {
				class: "filter",
				children: ["Like control", /* @__PURE__ */ z("select", {
					value: n.like,
					onChange: (e) => s({ like: e.currentTarget.value }),
					children: [
						/* @__PURE__ */ z("option", {
							value: "all",
							children: "any"
						}),
						/* @__PURE__ */ z("option", {
							value: "unlike",
							children: [
								"at most 0.9 (",
								r.like.unlike,
								")"
							]
						}),
						/* @__PURE__ */ z("option", {
							value: "like",
							children: [
								"above 0.9 (",
								r.like.like,
								")"
							]
						})
					]
				})]
			}),
			t.topClass && /* @__PURE__ */ z("label", {
				class: "filter",
				children: ["Class", /* @__PURE__ */ z("select", {
					value: n.class ?? "",
					onChange: (e) => s({ class: ta(e.currentTarget.value) }),
					children: [
						/* @__PURE__ */ z("option", {
							value: "",
							children: "any"
						}),
						n.class !== null && !r.classes.has(n.class) && /* @__PURE__ */ z("option", {
							value: n.class,
							children: [t.classes?.[n.class] ?? n.class, " (0)"]
						}),
						p.map(([e, n]) => /* @__PURE__ */ z("option", {
							value: e,
							children: [
								t.classes?.[e] ?? e,
								" (",
								n,
								")"
							]
						}, e))
					]
				})]
			}),
			/* @__PURE__ */ z("span", {
				class: "range filter",
				role: "group",
				"aria-label": "Strongest response between",
				children: [
					/* @__PURE__ */ z("span", {
						"aria-hidden": "true",
						children: "Maximum"
					}),
					/* @__PURE__ */ z(ea, {
						values: r.maxima,
						least: h,
						most: g,
						low: n.low,
						high: n.high,
						change: (e, t) => s({
							low: e,
							high: t
						})
					}),
					/* @__PURE__ */ z("input", {
						class: "few",
						type: "number",
						step: "any",
						value: n.low ?? "",
						placeholder: Z(h),
						onInput: (e) => s({ low: ta(e.currentTarget.value) }),
						"aria-label": "Maximum at least"
					}),
					/* @__PURE__ */ z("span", {
						"aria-hidden": "true",
						children: "–"
					}),
					/* @__PURE__ */ z("input", {
						class: "few",
						type: "number",
						step: "any",
						value: n.high ?? "",
						placeholder: Z(g),
						onInput: (e) => s({ high: ta(e.currentTarget.value) }),
						"aria-label": "Maximum at most"
					})
				]
			}),
			(r.marked > 0 || n.marked) && /* @__PURE__ */ z("button", {
				type: "button",
				"aria-pressed": n.marked,
				class: "toggle",
				onClick: () => s({ marked: !n.marked }),
				children: [
					/* @__PURE__ */ z("span", {
						"aria-hidden": "true",
						children: "★\xA0"
					}),
					/* @__PURE__ */ z("span", {
						class: "heard",
						children: "Marked "
					}),
					r.marked
				]
			}),
			/* @__PURE__ */ z("input", {
				id: "search",
				class: "find filter",
				type: "search",
				value: n.text,
				placeholder: t.names ? "Find number or name" : "Find number",
				onInput: (e) => s({ text: e.currentTarget.value }),
				"aria-label": "Find units"
			}),
			/* @__PURE__ */ z("output", {
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
var ra = 12, ia = .7;
function aa() {
	let e = 625341585;
	return (t) => (e ^= e << 13, e ^= e >>> 17, e ^= e << 5, (e >>> 0) % t);
}
function oa(e, t, n, r, i, a) {
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
function sa(e, t) {
	let { rank: n, values: r } = e, i = Math.floor(r.length / n), a = Math.ceil(i / t), o = ca(e, i, t), s = new Float32Array(i * n);
	o.forEach((e, t) => s.set(r.subarray(e * n, (e + 1) * n), t * n));
	let c = aa(), l = new Float32Array(n);
	for (let e = Math.max(1, Math.floor(Math.max(t, a) / 2));; e = Math.floor(e * ia)) {
		let r = oa(s, n, t, a, i, Math.max(1, e));
		for (let a = ra * i; a > 0; --a) {
			let a = c(i), u = Math.floor(a / t) + c(2 * e + 3) - e - 1, d = a % t + c(2 * e + 3) - e - 1, f = u * t + d;
			if (d < 0 || u < 0 || d >= t || f >= i || a === f) continue;
			let p = 0;
			for (let e = 0; e < n; e += 1) p += (s[a * n + e] - s[f * n + e]) * (r[f * n + e] - r[a * n + e]);
			p <= 0 || (l.set(s.subarray(a * n, (a + 1) * n)), s.copyWithin(a * n, f * n, (f + 1) * n), s.set(l, f * n), [o[a], o[f]] = [o[f], o[a]]);
		}
		if (e <= 1) return o;
	}
}
function ca({ rank: e, values: t }, n, r) {
	let i = (n) => (r, i) => t[i * e + n] - t[r * e + n] || r - i, a = Array.from({ length: n }, (e, t) => t).sort(i(0));
	if (e < 2) return a;
	let o = [];
	for (let e = 0; e < n; e += r) o.push(a.slice(e, e + r).sort(i(1)));
	return o.flat();
}
// src/parts/LayerMap.tsx
var la = 4, [ua, da] = [28, 64];
function fa(e, t) {
	let n = Math.max(1, Math.floor((t + la) / (ua + la))), r = Math.max(1, Math.min(n, Math.ceil(Math.sqrt(1.6 * e))));
	return {
		columns: r,
		side: Math.max(ua, Math.min(da, Math.floor((t + la) / r) - la))
	};
}
function pa(e) {
	let { layer: t, data: n, known: r, units: i, kind: a, chosen: o, choose: s, open: c, missing: l } = e, u = F(null), [d, f] = N(-1), p = d >= 0 ? d : o, [m, h] = N(0);
	P(() => {
		if (!u.current) return;
		let e = new ResizeObserver(([e]) => h(Math.floor(e?.contentRect.width ?? 0)));
		return e.observe(u.current), () => e.disconnect();
	}, []);
	let g = I(() => r ? Ii(r, i) : null, [r, i]), { columns: _, side: v } = fa(g?.units.length ?? 0, m), y = I(() => g && m ? sa(g.vectors, _).map((e) => g.units[e]) : null, [
		g,
		_,
		m > 0
	]), b = ke((e, n) => {
		let r = y?.[e];
		return /* @__PURE__ */ z("a", {
			class: "unit mini",
			href: V(t.name, r),
			tabIndex: n ? 0 : -1,
			"aria-label": `Unit ${r}`,
			onFocus: () => s(r),
			onMouseEnter: () => f(r),
			onMouseLeave: () => f(-1),
			onClick: (e) => {
				e.ctrlKey || e.metaKey || e.shiftKey || e.button || (e.preventDefault(), c(r));
			},
			children: /* @__PURE__ */ z($, {
				layer: t,
				channel: r,
				kind: a,
				side: v
			})
		});
	}, [
		t,
		y,
		a,
		v,
		c
	]);
	if (l) return /* @__PURE__ */ z("p", {
		class: "empty",
		children: "This copy does not say how alike all units of a layer are, and has no map of them."
	});
	let x = i.length - (g?.units.length ?? 0);
	return /* @__PURE__ */ z("div", {
		class: "layer-map",
		children: [/* @__PURE__ */ z("div", {
			ref: u,
			children: y ? /* @__PURE__ */ z(Vr, {
				count: y.length,
				cell: {
					width: v,
					height: v
				},
				gap: la,
				columns: _,
				label: `Map of ${t.name}`,
				current: y.indexOf(o),
				select: (e) => {
					f(-1), s(y[e] ?? -1);
				},
				open: (e) => c(y[e]),
				keyOf: (e) => y[e] ?? e,
				render: b
			}) : /* @__PURE__ */ z(X, { what: "the map" })
		}), /* @__PURE__ */ z("aside", {
			class: "panel map-look",
			"aria-label": "The unit looked at",
			children: [p >= 0 && p < t.channels ? /* @__PURE__ */ z(ma, {
				layer: t,
				data: n,
				channel: p
			}) : /* @__PURE__ */ z("p", {
				class: "quiet",
				children: "Units that respond to the same images lie side by side. Point at one to see it large."
			}), x > 0 && /* @__PURE__ */ z("p", {
				class: "quiet",
				children: [
					x === 1 ? "One unit responds" : `${x} units respond`,
					" to all images alike and ",
					x === 1 ? "has" : "have",
					" no place."
				]
			})]
		})]
	});
}
function ma({ layer: e, data: t, channel: n }) {
	let r = t.topClass?.[n] ?? -1, i = [["Maximum", Z(t.maximum[n])], ["Active", Ht(t.active[n])]];
	return r >= 0 && i.push(["Top class", /* @__PURE__ */ z(q, { text: t.classes?.[r] ?? `class ${r}` }, "c")]), /* @__PURE__ */ z(b, { children: [
		/* @__PURE__ */ z("h2", { children: /* @__PURE__ */ z("a", {
			href: V(e.name, n),
			children: ["Unit ", n]
		}) }),
		t.names?.[n] !== void 0 && /* @__PURE__ */ z(q, { text: t.names[n] }),
		/* @__PURE__ */ z("div", {
			class: "map-pair",
			children: [/* @__PURE__ */ z($, {
				layer: e,
				channel: n,
				kind: "photos",
				side: 112
			}), /* @__PURE__ */ z($, {
				layer: e,
				channel: n,
				kind: "projections",
				side: 112
			})]
		}),
		/* @__PURE__ */ z(_t, { rows: i })
	] });
}
// src/parts/Units.tsx
var ha = 84, ga = 72;
function _a(e, t, n, r, i, a) {
	if (e.dead.includes(a)) return "dead";
	if (Bi(t.sort)) return Ut(i?.[a]);
	if (Hi(t.sort)) {
		let e = i?.[a] ?? null;
		return e === null ? "–" : t.sort === "lost" ? Ht(e) : Z(e);
	}
	switch (t.sort) {
		case "mean": return Z(e.mean[a]);
		case "active": return Ht(e.active[a]);
		case "selectivity": return Z(e.selectivity?.[a]);
		case "control": return r?.similarity[a]?.toFixed(2) ?? "–";
		case "similar": return a === t.near ? "this" : n.get(a)?.toFixed(2) ?? "–";
		default: return Z(e.maximum[a]);
	}
}
function va(e, t) {
	let { manifest: n } = W(), r = t.sort === "similar" && t.near !== null && t.near < e.channels ? t.near : null, i = !!n.extras?.alike, a = G((r !== null || t.sort === "map") && i ? `alike/${e.id}` : null), o = G(r === null ? null : `layers/${e.id}/${Math.floor(r / e.shard.units)}`);
	return I(() => {
		let n = a.error ?? o.error;
		if (t.sort === "map") return {
			nearest: [],
			measure: a.value ? Li(a.value) : "",
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
			nearest: Pi(a.value, r, c ? s : []),
			measure: Li(a.value),
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
function ya(e) {
	let t = It().all();
	return I(() => new Set(Object.keys(t).flatMap((t) => {
		let n = U(t);
		return n?.layer === e.name ? [n.channel] : [];
	})), [t, e]);
}
function ba({ layer: e, data: t, query: n }) {
	let r = W(), { router: i, toast: a } = L(), o = It(), s = I(() => Gi(n), [n.toString()]), { nearest: c, measure: l, known: u, error: d } = va(e, s), f = G(r.manifest.paths.likeness ? K(r.manifest.paths.likeness, { layer: e.id }) : null), p = G(Bi(s.sort) && r.manifest.paths.tuning ? K(r.manifest.paths.tuning, { layer: e.id }) : null).value, m = gr(e.name, Hi(s.sort)), h = Hi(s.sort) ? m.data?.layers?.[e.name]?.[s.sort] : p?.kept[p.kinds.findIndex((e) => e.name === s.sort)], g = r.manifest.subset?.[e.name], _ = ya(e), { units: v, counts: y } = I(() => Ji(e, t, s, {
		nearest: c,
		controls: f.value?.similarity,
		measured: h,
		only: g,
		marked: _
	}), [
		e,
		t,
		s,
		c,
		f.value,
		h,
		_
	]), [x, S] = N(() => n.has("at") ? Number(n.get("at")) : -1), C = I(() => new Map(c), [c]), w = (t) => i.replace(B(e.name, Ki({
		...s,
		...t
	}))), T = ke((t) => {
		i.replace(B(e.name, {
			...Ki(s),
			at: t
		})), i.go(V(e.name, t));
	}, [
		i,
		e,
		s
	]);
	R({
		p: () => w({ view: "photos" }),
		r: () => w({ view: "projections" }),
		b: () => w({ view: "both" }),
		m: () => {
			x >= 0 && a(`${e.name}:${x} ${o.toggle(`${e.name}:${x}`) ? "marked" : "no longer marked"}`);
		}
	});
	let E = s.view === "both" ? ["photos", "projections"] : [s.view], D = window.innerWidth < 480 ? ga : ha, O = I(() => ({
		width: E.length * D + (E.length - 1) * 3 + 14,
		height: D + 32
	}), [E.length, D]), k = ke((n, r) => {
		let i = v[n], a = t.names?.[i];
		return /* @__PURE__ */ z("a", {
			class: t.dead.includes(i) ? "unit dead" : "unit",
			href: V(e.name, i),
			tabIndex: r ? 0 : -1,
			onFocus: () => S(i),
			onClick: (e) => {
				e.ctrlKey || e.metaKey || e.shiftKey || e.button || (e.preventDefault(), T(i));
			},
			title: `${e.name}:${i}${a ? ` ${a}` : ""}`,
			children: [/* @__PURE__ */ z("span", {
				class: "pair",
				children: E.map((n) => t.dead.includes(i) ? /* @__PURE__ */ z(en, { side: D }, n) : /* @__PURE__ */ z($, {
					layer: e,
					channel: i,
					kind: n,
					side: D
				}, n))
			}), /* @__PURE__ */ z("span", {
				class: "caption",
				children: [/* @__PURE__ */ z("b", { children: [
					/* @__PURE__ */ z("span", {
						class: "heard",
						children: ["Unit ", a ? `${i} ` : ""]
					}),
					a ? /* @__PURE__ */ z("bdi", { children: a }) : i,
					_.has(i) && /* @__PURE__ */ z("span", {
						class: "star",
						role: "img",
						"aria-label": "marked",
						children: "★"
					})
				] }), /* @__PURE__ */ z("span", { children: _a(t, s, C, f.value, h, i) })]
			})]
		});
	}, [
		e,
		t,
		s,
		v,
		C,
		f.value,
		h,
		_,
		T,
		D
	]);
	return /* @__PURE__ */ z(b, { children: [/* @__PURE__ */ z(na, {
		layer: e,
		data: t,
		silenced: m.experiment !== null,
		view: s,
		counts: y,
		shown: v.length,
		measure: f.error ? "the likeness to controls cannot be read" : d ? "how alike units are cannot be read" : l,
		change: w
	}), v.length === 0 ? /* @__PURE__ */ z("p", {
		class: "empty",
		children: ["No unit passes these filters. ", /* @__PURE__ */ z("a", {
			href: B(e.name),
			children: ["Show all ", y.all]
		})]
	}) : s.sort === "map" ? /* @__PURE__ */ z(pa, {
		layer: e,
		data: t,
		known: u,
		units: v,
		kind: s.view === "projections" ? "projections" : "photos",
		chosen: x,
		choose: S,
		open: T,
		missing: !r.manifest.extras?.alike || d !== null
	}) : /* @__PURE__ */ z(Vr, {
		count: v.length,
		cell: O,
		label: `Units of ${e.name}`,
		current: v.indexOf(x),
		select: (e) => S(v[e] ?? -1),
		open: (e) => T(v[e]),
		keyOf: (e) => v[e] ?? e,
		render: k
	})] });
}
// src/pages/Layer.tsx
function xa({ name: e, query: t }) {
	let n = ht(W(), e), r = G(n ? `layers/${n.id}` : null);
	return n ? r.error ? /* @__PURE__ */ z(Y, {
		title: "Data is missing",
		children: r.error.message
	}) : /* @__PURE__ */ z(b, { children: [/* @__PURE__ */ z(Sa, { layer: n }), r.value ? /* @__PURE__ */ z(ba, {
		layer: n,
		data: r.value,
		query: t
	}) : /* @__PURE__ */ z(X, { what: n.name })] }) : /* @__PURE__ */ z(yt, { name: e });
}
function Sa({ layer: e }) {
	let t = W(), { router: n } = L(), r = G("network").value, i = t.manifest.layers.indexOf(e), [a, o] = [t.manifest.layers[i - 1], t.manifest.layers[i + 1]], s = (e) => () => e ? n.go(B(e.name)) : void 0;
	R({
		"[": s(a),
		"]": s(o)
	});
	let c = e.units;
	return /* @__PURE__ */ z("div", {
		class: "page-head",
		children: [/* @__PURE__ */ z("div", { children: [
			/* @__PURE__ */ z("h1", { children: /* @__PURE__ */ z(q, { text: e.name }) }),
			/* @__PURE__ */ z("p", {
				class: "lead",
				children: [
					[e.op, qt(e.name, r?.layers ?? [])].filter(Boolean).join(", "),
					" · ",
					Wt(e),
					" · receptive field ",
					Kt(e),
					" · ",
					Q(c.dead, "dead unit"),
					c.silent > 0 && ` · ${c.silent} never above zero`,
					c.nan > 0 && ` · ${c.nan} with NaN`,
					e.control && ` · like control ${e.control.median?.toFixed(2) ?? "–"}`
				]
			}),
			/* @__PURE__ */ z(fi, { layers: [e] }),
			/* @__PURE__ */ z("p", {
				class: "note",
				children: /* @__PURE__ */ z(Bn, { layer: e.name })
			})
		] }), /* @__PURE__ */ z("div", {
			class: "steps",
			children: [a && /* @__PURE__ */ z("a", {
				href: B(a.name),
				title: "Previous layer ([)",
				"aria-label": `Previous layer, ${a.name}`,
				children: "←"
			}), o && /* @__PURE__ */ z("a", {
				href: B(o.name),
				title: "Next layer (])",
				"aria-label": `Next layer, ${o.name}`,
				children: "→"
			})]
		})]
	});
}
// src/parts/Actions.tsx
function Ca({ layer: e, shard: t, unit: n }) {
	let r = W(), { router: i, root: a, toast: o } = L(), [s, c] = N(!1), l = `${e.name}:${n.channel}`, u = i.link(V(e.name, n.channel)), d = async (e, t) => o(await Ue(e, a) ? `${t} copied` : `${t} could not be copied: ${e}`), f = async (t) => {
		try {
			let i = await Dn(r, e, n), a = await On(i);
			t === "png" ? We(`${l}.png`, a) : We(`${l}.svg`, An(i.toDataURL("image/png"), i, e, n), "image/svg+xml");
		} catch (e) {
			e instanceof yn ? c(!0) : o("The picture cannot be read");
		}
	};
	return /* @__PURE__ */ z("div", {
		class: "actions",
		role: "group",
		"aria-label": "Take away",
		children: [
			/* @__PURE__ */ z("button", {
				id: "copy-link",
				type: "button",
				onClick: () => d(u ?? l, u ? "Link" : "Unit"),
				children: "Copy link"
			}),
			/* @__PURE__ */ z("button", {
				type: "button",
				onClick: () => d(Nn(r, e, n.channel, u), "Citation"),
				children: "Copy citation"
			}),
			u !== null && /* @__PURE__ */ z("button", {
				type: "button",
				onClick: () => d(Mn(u, l), "Code to embed it"),
				title: "HTML that shows this unit within another page",
				children: "Copy embed code"
			}),
			/* @__PURE__ */ z("button", {
				type: "button",
				disabled: n.dead,
				onClick: () => f("png"),
				children: "PNG"
			}),
			/* @__PURE__ */ z("button", {
				type: "button",
				disabled: n.dead,
				onClick: () => f("svg"),
				children: "SVG"
			}),
			/* @__PURE__ */ z("button", {
				type: "button",
				onClick: () => We(`${l}.json`, jn(r, e, t, n)),
				children: "JSON"
			}),
			/* @__PURE__ */ z("a", {
				class: "button",
				href: st(l, `${e.name}:${n.nearest[0]?.[0] ?? n.channel}`),
				children: "Compare"
			}),
			s && /* @__PURE__ */ z(wa, {
				path: bn(r, e, n.channel),
				unit: l,
				close: () => c(!1)
			})
		]
	});
}
function wa({ path: e, unit: t, close: n }) {
	return R({ Escape: n }, !0), /* @__PURE__ */ z("div", {
		class: "modal",
		"aria-label": "Pictures from disk",
		...Dt(n),
		children: /* @__PURE__ */ z("div", {
			class: "sheet narrow",
			children: [
				/* @__PURE__ */ z("button", {
					class: "icon close",
					type: "button",
					onClick: n,
					"aria-label": "Close",
					"data-first": !0,
					children: "×"
				}),
				/* @__PURE__ */ z("h2", { children: "Pictures of a page opened from disk" }),
				/* @__PURE__ */ z("p", { children: "Browsers do not let such a page read its own pictures, and this atlas has too many of them to hold each twice. Any of these does it:" }),
				/* @__PURE__ */ z("ul", { children: [
					/* @__PURE__ */ z("li", { children: [
						"open ",
						/* @__PURE__ */ z("a", {
							href: e,
							target: "_blank",
							rel: "noreferrer",
							children: "the unit's picture"
						}),
						" (WebP) and save it;"
					] }),
					/* @__PURE__ */ z("li", { children: [
						"run ",
						/* @__PURE__ */ z("code", { children: "convscope serve" }),
						" on this folder, where the buttons work;"
					] }),
					/* @__PURE__ */ z("li", { children: [
						"run ",
						/* @__PURE__ */ z("code", { children: [
							"convscope atlas export FOLDER --units ",
							t,
							" --single-file"
						] }),
						": one file to mail, where they work too;"
					] }),
					/* @__PURE__ */ z("li", { children: [
						"run ",
						/* @__PURE__ */ z("code", { children: "convscope atlas export FOLDER --portable" }),
						": the whole atlas with every picture twice."
					] })
				] })
			]
		})
	});
}
// src/parts/Lightbox.tsx
function Ta({ layer: e, shard: t, unit: n, rank: r, mode: i, zoomed: a, go: o, close: s }) {
	let c = (e) => o(r, e), [l, u] = N([
		0,
		0,
		1
	]), d = 1 / l[2], [f, p] = N(50), m = n.images.length, h = (e) => () => o((r + e + m) % m), g = (e) => () => u((t) => an(t, { times: e })), _ = {
		Escape: s,
		ArrowLeft: h(-1),
		ArrowRight: h(1),
		h: h(-1),
		l: h(1),
		"+": g(1.5),
		"=": g(1.5),
		"-": g(1 / 1.5),
		f: () => c(i === "whole" ? "pair" : "whole"),
		o: () => c(i === "overlay" ? "pair" : "overlay"),
		p: () => c("pair")
	};
	for (let e = 0; e < Math.min(9, m); e += 1) _[String(e + 1)] = () => o(e);
	R(_, !0);
	let v = Dt(s);
	Oe(() => u([
		0,
		0,
		1
	]), [r, i]);
	let y = n.images[r], x = Wn(t, y), S = Un(t, y), C = typeof innerWidth == "number" ? innerWidth : 1e3, w = typeof innerHeight == "number" ? innerHeight : 800, T = Math.round(Math.max(96, Math.min((C - 80) / (i === "pair" ? 2 : 1), w - 260, 640))), E = {
		layer: e,
		unit: n,
		rank: r,
		side: T,
		zoom: a,
		region: l
	}, D = (e) => {
		let t = e.target.getBoundingClientRect();
		return [(e.clientY - t.top) / t.height, (e.clientX - t.left) / t.width];
	}, O = (e) => {
		e.preventDefault();
		let t = D(e);
		u((n) => an(n, {
			times: e.deltaY < 0 ? 1.15 : 1 / 1.15,
			at: t
		}));
	}, k = (e) => {
		e.buttons & 1 && u((t) => an(t, {
			down: -e.movementY / T,
			right: -e.movementX / T
		}));
	};
	return /* @__PURE__ */ z("div", {
		class: "modal",
		"aria-label": `Example ${r + 1} of ${e.name}:${n.channel}`,
		...v,
		children: /* @__PURE__ */ z("div", {
			class: "sheet lightbox",
			children: [
				/* @__PURE__ */ z("div", {
					class: "lightbox-bar",
					children: [
						/* @__PURE__ */ z(xt, {
							label: "View",
							value: i,
							options: [
								["pair", "Side by side"],
								["overlay", "Overlay"],
								["whole", "Whole image"]
							],
							change: c
						}),
						i === "overlay" && /* @__PURE__ */ z("label", {
							class: "slider",
							children: [
								"photo",
								/* @__PURE__ */ z("input", {
									type: "range",
									min: "0",
									max: "100",
									value: f,
									onInput: (e) => p(Number(e.currentTarget.value)),
									"aria-label": "Photo to projection"
								}),
								"projection"
							]
						}),
						/* @__PURE__ */ z("span", {
							class: "zoom",
							children: [
								/* @__PURE__ */ z("button", {
									class: "icon",
									type: "button",
									onClick: g(1 / 1.5),
									"aria-label": "Zoom out",
									disabled: d <= 1,
									children: "−"
								}),
								/* @__PURE__ */ z("output", { children: [Math.round(d * 100), " %"] }),
								/* @__PURE__ */ z("button", {
									class: "icon",
									type: "button",
									onClick: g(1.5),
									"aria-label": "Zoom in",
									disabled: d >= 8,
									children: "+"
								})
							]
						}),
						/* @__PURE__ */ z("button", {
							class: "icon close",
							type: "button",
							onClick: s,
							"aria-label": "Close",
							"data-first": !0,
							children: "×"
						})
					]
				}),
				/* @__PURE__ */ z("div", {
					class: d > 1 ? "stage zoomed" : "stage",
					onWheel: O,
					onPointerDown: (e) => d > 1 && e.currentTarget.setPointerCapture(e.pointerId),
					onPointerMove: k,
					onDblClick: (e) => u((t) => an(t, t[2] < 1 ? { times: 1 / 8 } : {
						times: 3,
						at: D(e)
					})),
					tabIndex: 0,
					role: "group",
					"aria-label": "Picture; drag to move, wheel to zoom",
					children: [
						i === "pair" && /* @__PURE__ */ z("div", {
							class: "large-pair",
							children: [/* @__PURE__ */ z(nn, {
								kind: "photos",
								...E
							}), /* @__PURE__ */ z(nn, {
								kind: "projections",
								...E
							})]
						}),
						i === "overlay" && /* @__PURE__ */ z("div", {
							class: "overlay",
							children: [/* @__PURE__ */ z(nn, {
								kind: "photos",
								...E
							}), /* @__PURE__ */ z("span", {
								class: "over",
								style: { opacity: String(f / 100) },
								children: /* @__PURE__ */ z(nn, {
									kind: "projections",
									...E
								})
							})]
						}),
						i === "whole" && /* @__PURE__ */ z("div", {
							class: "large-whole",
							style: { width: `${T}px` },
							children: /* @__PURE__ */ z(sn, {
								image: y,
								name: x,
								box: n.boxes[r] ?? null,
								part: n.content?.[r] ?? null,
								region: l
							})
						})
					]
				}),
				/* @__PURE__ */ z("div", {
					class: "lightbox-foot",
					children: [
						/* @__PURE__ */ z("button", {
							class: "icon",
							type: "button",
							onClick: h(-1),
							"aria-label": "Previous example",
							children: "←"
						}),
						/* @__PURE__ */ z("p", { children: [
							/* @__PURE__ */ z("b", { children: r + 1 }),
							" of ",
							m,
							" · activation ",
							/* @__PURE__ */ z("b", {
								class: "number",
								children: Z(n.values[r])
							}),
							S !== null && /* @__PURE__ */ z(b, { children: [" · ", /* @__PURE__ */ z(q, { text: S })] }),
							" · ",
							/* @__PURE__ */ z("a", {
								href: H(y),
								children: /* @__PURE__ */ z(q, { text: x })
							}),
							e.spatial && ` · row ${n.y[r]}, column ${n.x[r]}`,
							" · black and white: ±",
							Z((a && e.content?.kept ? n.partScales : n.scales)?.[r] ?? n.scales[r])
						] }),
						/* @__PURE__ */ z("button", {
							class: "icon",
							type: "button",
							onClick: h(1),
							"aria-label": "Next example",
							children: "→"
						})
					]
				})
			]
		})
	});
}
// src/ahead.ts
var Ea = 24, Da = /* @__PURE__ */ new Map();
async function Oa(e, t) {
	let n = await e.store.host.picture(t, e.name);
	if (!n) return;
	let r = Da.get(n) ?? new Image();
	Da.delete(n), Da.set(n, r);
	for (let e of [...Da.keys()].slice(0, Math.max(0, Da.size - Ea))) Da.delete(e);
	r.src || (r.src = n, await r.decode().catch(() => void 0));
}
var ka = 20;
function Aa(e, t, n) {
	for (let r of [n - ka, n + ka]) {
		let n = Math.floor(Math.max(0, Math.min(t.channels - 1, r)) / t.shard.units);
		e.store.load(`layers/${t.id}/${n}`).catch(() => null);
	}
}
async function ja(e, t, n) {
	let r = `layers/${t.id}/${Math.floor(n / t.shard.units)}`, i = (await e.store.load(r).catch(() => null))?.units.find((e) => e.channel === n);
	if (!i || i.dead || !i.images.length) return;
	let a = on(e, i.images[0]);
	await Promise.all([Oa(e, xn(e, t, n)), a === null ? null : Oa(e, a)]);
}
// src/pages/Unit.tsx
function Ma({ layer: e, channel: t, query: n }) {
	let r = W(), i = ht(r, e), a = i !== void 0 && t < i.channels, o = r.manifest.subset?.[e], s = G(a ? `layers/${i.id}/${Math.floor(t / i.shard.units)}` : null), c = G(a ? `layers/${i.id}` : null), l = F(null);
	if (!i) return /* @__PURE__ */ z(yt, { name: e });
	if (!a) return /* @__PURE__ */ z(Y, {
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
	if (u) return /* @__PURE__ */ z(Y, {
		title: "Data is missing",
		children: u.message
	});
	if (!s.value || !c.value) return l.current?.layer === i ? /* @__PURE__ */ z(Pa, { ...l.current }) : /* @__PURE__ */ z(X, { what: `${e}:${t}` });
	let d = s.value.units.find((e) => e.channel === t);
	return !d || o && !o.includes(t) ? /* @__PURE__ */ z(Y, {
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
	}, /* @__PURE__ */ z(Pa, { ...l.current }));
}
function Na({ layer: e, unit: t, only: n }, r, i, { show: a, open: o, extend: s, to: c }) {
	let { manifest: l } = W(), { router: u, root: d, toast: f } = L(), p = It(), m = (r) => {
		if (n) return n[n.indexOf(t.channel) + r] ?? null;
		let i = t.channel + r;
		return i >= 0 && i < e.channels ? i : null;
	}, h = (r) => () => {
		let i = m(r) ?? (n ? null : r < 0 ? 0 : e.channels - 1);
		i !== null && i !== t.channel && u.step(c(e.name, i));
	}, g = (n) => () => {
		let r = l.layers[l.layers.indexOf(e) + n];
		r && u.step(c(r.name, Math.min(t.channel, r.channels - 1)));
	}, _ = {
		"[": g(-1),
		"]": g(1),
		p: () => a("photos"),
		r: () => a("projections"),
		b: () => a("both"),
		o: () => o(r, "overlay"),
		z: () => s(i === "part" ? "field" : "part"),
		f: () => s(i === "whole" ? "part" : "whole"),
		m: () => f(`${e.name}:${t.channel} ${p.toggle(`${e.name}:${t.channel}`) ? "marked" : "no longer marked"}`),
		c: () => d.querySelector("#copy-link")?.click()
	};
	for (let e of [
		"ArrowLeft",
		"ArrowUp",
		"h",
		"k"
	]) _[e] = h(-1);
	for (let e of [
		"ArrowRight",
		"ArrowDown",
		"l",
		"j"
	]) _[e] = h(1);
	for (let e of [
		"Shift+ArrowLeft",
		"Shift+ArrowUp",
		"H",
		"K"
	]) _[e] = h(-5);
	for (let e of [
		"Shift+ArrowRight",
		"Shift+ArrowDown",
		"L",
		"J"
	]) _[e] = h(5);
	for (let e = 0; e < Math.min(9, t.images.length); e += 1) _[String(e + 1)] = () => o(e);
	return R(_), m;
}
function Pa(e) {
	let { layer: t, data: n, shard: r, unit: i, query: a, only: o } = e, { router: s } = L(), c = W(), l = V(t.name, i.channel), u = [
		"photos",
		"projections",
		"both"
	].find((e) => e === a.get("view")) ?? "both", d = t.content !== void 0 && i.images.some((e, t) => tn(i, t)), f = a.get("rf"), p = f === "whole" && c.manifest.paths.image !== null ? "whole" : f !== "field" && d ? "part" : "field", m = a.get("embed"), h = Pn(t, c.manifest.model.input, c.manifest.paths.bands), g = Number(a.get("band")), _ = Number.isInteger(g) && g >= 1 && g <= h ? g : 0, v = {
		view: u === "both" ? null : u,
		rf: f,
		band: _ || null,
		embed: m
	}, y = (e) => C({ band: e || null }), b = Number(a.get("share")) || 0, x = a.has("n") ? Number(a.get("n")) - 1 : null, S = ["overlay", "whole"].find((e) => e === a.get("as")) ?? "pair", C = (e) => s.replace(it(l, {
		...v,
		...e
	})), w = {
		view: u,
		show: (e) => C({ view: e === "both" ? null : e }),
		open: (e, t = S) => C({
			n: e + 1,
			as: t === "pair" ? null : t
		}),
		extend: (e) => C({ rf: e === "part" || e === "field" && !d ? null : e }),
		to: (e, t) => it(V(e, t), v)
	}, [T, E] = N(0), D = Na(e, Math.min(T, Math.max(0, i.images.length - 1)), p, w);
	P(() => E(0), [l]), P(() => {
		o || Aa(c, t, i.channel);
		for (let e of [1, -1]) {
			let n = D(e);
			n !== null && ja(c, t, n);
		}
	}, [l]);
	let [O, k] = [D(-1), D(1)], ee = I(() => /* @__PURE__ */ z(xr, {
		layer: t,
		data: n,
		shard: r,
		unit: i,
		note: m === null,
		link: (e) => it(l, {
			...v,
			...e
		}),
		share: b
	}), [
		i,
		n,
		it("", v),
		b
	]);
	return /* @__PURE__ */ z("article", {
		class: "unit-page",
		"aria-label": `Unit ${t.name}:${i.channel}`,
		children: [
			/* @__PURE__ */ z("div", {
				class: "page-head",
				children: [/* @__PURE__ */ z("div", { children: [
					/* @__PURE__ */ z("h1", { children: /* @__PURE__ */ z(q, { text: `${t.name}:${i.channel}` }) }),
					i.name !== void 0 && /* @__PURE__ */ z("p", {
						class: "unit-name",
						children: /* @__PURE__ */ z(q, {
							text: i.name,
							plain: !0
						})
					}),
					/* @__PURE__ */ z("p", {
						class: "lead",
						children: [
							"unit ",
							i.channel,
							" of ",
							/* @__PURE__ */ z("a", {
								href: B(t.name, { at: i.channel }),
								children: t.channels
							}),
							" · ",
							t.op,
							" · ",
							Wt(t),
							" · receptive field ",
							Kt(t)
						]
					})
				] }), /* @__PURE__ */ z("div", {
					class: "steps",
					children: [
						m === null && /* @__PURE__ */ z(Fa, { unit: `${t.name}:${i.channel}` }),
						O !== null && /* @__PURE__ */ z("a", {
							href: w.to(t.name, O),
							"aria-label": `Previous unit, ${O}`,
							title: "Previous unit (←)",
							children: "←"
						}),
						k !== null && /* @__PURE__ */ z("a", {
							href: w.to(t.name, k),
							"aria-label": `Next unit, ${k}`,
							title: "Next unit (→)",
							children: "→"
						})
					]
				})]
			}),
			/* @__PURE__ */ z(Ia, {
				layer: t,
				unit: i
			}),
			i.dead || i.images.length === 0 ? /* @__PURE__ */ z("p", {
				class: "empty",
				children: "This unit is zero at every position of every image of the collection: there is nothing to show."
			}) : /* @__PURE__ */ z(Gn, {
				layer: t,
				shard: r,
				unit: i,
				view: u,
				show: w.show,
				reach: p,
				extend: w.extend,
				band: _,
				choose: y,
				active: T,
				activate: E,
				open: w.open
			}),
			!i.dead && i.images.length > 0 && (m === null || m === "all") && /* @__PURE__ */ z(Ln, {
				layer: t,
				unit: i,
				change: y
			}),
			m === null && /* @__PURE__ */ z(Ca, {
				layer: t,
				shard: r,
				unit: i
			}),
			(m === null || m === "all") && ee,
			x !== null && x >= 0 && x < i.images.length && !i.dead && /* @__PURE__ */ z(Ta, {
				layer: t,
				shard: r,
				unit: i,
				rank: x,
				mode: S,
				zoomed: p === "part",
				go: w.open,
				close: () => C({})
			})
		]
	});
}
function Fa({ unit: e }) {
	let t = It(), n = t.has(e);
	return /* @__PURE__ */ z("button", {
		class: n ? "icon star on" : "icon star",
		type: "button",
		"aria-pressed": n,
		"aria-label": "Mark this unit",
		title: "Mark this unit (m)",
		onClick: () => t.toggle(e),
		children: n ? "★" : "☆"
	});
}
function Ia({ layer: e, unit: t }) {
	let n = [
		["Maximum", Z(t.maximum)],
		["Mean", Z(t.mean)],
		["Active", Ht(t.active)]
	];
	return t.selectivity !== void 0 && n.push(["Class selectivity", Z(t.selectivity)]), t.nan && n.push(["NaN", String(t.nan)]), /* @__PURE__ */ z("dl", {
		class: "stats",
		"aria-label": `Numbers of ${e.name}:${t.channel}`,
		children: n.map(([e, t]) => /* @__PURE__ */ z("div", { children: [/* @__PURE__ */ z("dt", { children: e }), /* @__PURE__ */ z("dd", { children: t })] }, e))
	});
}
// src/app.tsx
function La(e) {
	let t = et(e);
	return I(() => rt(t), [t]);
}
function Ra({ host: e, router: t, root: n }) {
	let [r, i] = N(null), [a, o] = N(null), [s, c] = N(""), l = La(t), u = Ke(n, e.kind !== "notebook"), d = I(() => ({
		router: t,
		root: n,
		listen: u,
		toast: c,
		toggleTheme: () => qe(n)
	}), [
		t,
		n,
		u
	]), f = I(() => Pt(r?.manifest ?? null), [r]);
	return P(() => {
		mt(e, "").then(i, (e) => o(e.message));
	}, [e]), P(() => {
		if (!s) return;
		let e = setTimeout(() => c(""), 4e3);
		return () => clearTimeout(e);
	}, [s]), a ? /* @__PURE__ */ z(Y, {
		title: "This atlas cannot be shown",
		children: a
	}) : r ? /* @__PURE__ */ z(Be.Provider, {
		value: d,
		children: /* @__PURE__ */ z(dt.Provider, {
			value: r,
			children: [/* @__PURE__ */ z(Ft.Provider, {
				value: f,
				children: /* @__PURE__ */ z(Ba, {
					route: l,
					shell: d,
					atlas: r
				})
			}), /* @__PURE__ */ z("div", {
				class: "toast",
				role: "status",
				"aria-live": "polite",
				"data-shown": s !== "",
				children: s
			})]
		})
	}) : /* @__PURE__ */ z(X, { what: "the atlas" });
}
function za(e, t, n, r) {
	let i = () => {
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
	P(() => e.listen({
		"?": n,
		d: () => e.toggleTheme(),
		g: r,
		"/": r,
		"Ctrl+k": r,
		x: i,
		Escape: () => {
			let t = e.root.querySelector("input:focus,select:focus,textarea:focus");
			t ? t.blur() : e.root.querySelector("#up")?.click();
		}
	}), [e, t]);
}
function Ba({ route: e, shell: t, atlas: n }) {
	let [r, i] = N(!1), [a, o] = N(!1), s = F(null), c = F(!0);
	za(t, n, () => i((e) => !e), () => o(!0));
	let l = `${e.page}/${e.rest}`, u = ct(e);
	return P(() => {
		let r = {
			home: n.manifest.model.name,
			images: "Images",
			compare: "Compare",
			experiments: "Experiments"
		}[e.page];
		t.router.link("") && (document.title = `${r ?? e.rest} – convscope atlas`), c.current ? c.current = !1 : t.router.walking() || (e.query.has("at") || t.root.scrollIntoView({
			block: "start",
			behavior: "instant"
		}), s.current?.focus({ preventScroll: !0 }));
	}, [l]), /* @__PURE__ */ z(b, { children: [
		!u && /* @__PURE__ */ z(Tt, {
			route: e,
			help: () => i(!0),
			search: () => o(!0)
		}),
		/* @__PURE__ */ z("main", {
			id: "main",
			tabIndex: -1,
			ref: s,
			children: /* @__PURE__ */ z(Ha, { route: e })
		}, e.page),
		u && /* @__PURE__ */ z(Va, {
			route: e,
			atlas: n
		}),
		/* @__PURE__ */ z("p", {
			class: "heard",
			role: "status",
			children: e.page === "unit" ? `Unit ${e.rest}` : ""
		}),
		r && /* @__PURE__ */ z(Ot, { close: () => i(!1) }),
		a && /* @__PURE__ */ z(vn, {
			route: e,
			close: () => o(!1)
		})
	] });
}
function Va({ route: e, atlas: t }) {
	return /* @__PURE__ */ z("footer", {
		class: "source",
		children: [
			/* @__PURE__ */ z("a", {
				href: `#/u/${encodeURI(e.rest)}`,
				target: "_blank",
				rel: "noreferrer",
				children: "Open in the atlas"
			}),
			" ",
			/* @__PURE__ */ z("span", {
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
function Ha({ route: e }) {
	switch (e.page) {
		case "home": return /* @__PURE__ */ z(gi, {});
		case "layer": return /* @__PURE__ */ z(xa, {
			name: e.rest,
			query: e.query
		}, e.rest);
		case "unit": {
			let t = U(e.rest);
			return t ? /* @__PURE__ */ z(Ma, {
				layer: t.layer,
				channel: t.channel,
				query: e.query
			}) : /* @__PURE__ */ z(Y, {
				title: "No such unit",
				children: [
					"“",
					e.rest,
					"” is not a unit. Units are written layer:number, such as features.8:174."
				]
			});
		}
		case "class": return /* @__PURE__ */ z(Nr, { name: e.rest }, e.rest);
		case "images": return /* @__PURE__ */ z(ji, { query: e.query });
		case "image": return /* @__PURE__ */ z(Ti, { number: Number(e.rest) }, e.rest);
		case "compare": return /* @__PURE__ */ z(Yr, { query: e.query });
		case "experiments": return /* @__PURE__ */ z(ri, {});
		case "experiment": return /* @__PURE__ */ z(ci, { name: e.rest });
		default: return /* @__PURE__ */ z(Y, {
			title: "Not here",
			children: "This address leads nowhere in the atlas."
		});
	}
}
// src/style.css?inline
var Ua = ":root,.convscope-box{color-scheme:light dark;--page:light-dark(#fbfbfa,#131416);--panel:light-dark(#fff,#1b1d20);--sunk:light-dark(#f1f1ef,#232529);--line:light-dark(#e1e1de,#33363b);--ink:light-dark(#1b1c1e,#ececea);--soft:light-dark(#5b5e63,#a5a8ad);--accent:light-dark(#0a5c8a,#6fc1ee);--accent-fill:light-dark(#0f74ad,#4aa9de);--accent-soft:light-dark(#e3f0f8,#17303f);--negative:light-dark(#b3471d,#f0935f);--warn:light-dark(#fff6e0,#332a14);--grey:gray;--mark:#ffd34d;--star:light-dark(#9a6a00,#ffd34d);--mono:ui-monospace, \"SF Mono\", \"Cascadia Mono\", Menlo, Consolas, \"DejaVu Sans Mono\", monospace;background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%;overflow-wrap:anywhere;scroll-padding-top:8rem;font:15px/1.5 system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Liberation Sans,sans-serif}[data-theme=light]{color-scheme:light}[data-theme=dark]{color-scheme:dark}*,:before,:after{box-sizing:border-box}body{margin:0}.convscope-box{border:1px solid var(--line);border-radius:8px;outline:none;position:relative;overflow:auto}#app,.convscope-box{min-width:0}h1,h2,h3,p,dl,dd,ul,ol,figure{margin:0;padding:0}h1{letter-spacing:-.012em;overflow-wrap:anywhere;font-size:1.6rem;font-weight:650;line-height:1.25}h2{font-size:1rem;font-weight:640}h3{font-size:.86rem;font-weight:600}a{color:var(--accent);text-underline-offset:2px;text-decoration-thickness:1px}.lead{color:var(--soft);max-width:110ch;margin-top:.2rem;font-size:1.02rem}.quiet,.note,small,.op,.hint{color:var(--soft)}.note{max-width:72ch;margin:.1rem 0 .7rem;font-size:.84rem}small{font-size:.8rem;line-height:1.3;display:block}.op{font-size:.84rem}.number,output,.figure{font-variant-numeric:tabular-nums;white-space:nowrap}code,kbd{font-family:var(--mono);font-size:.88em}code{background:var(--sunk);overflow-wrap:anywhere;border-radius:4px;padding:.05em .3em}.hash{background:0 0;padding:0}kbd{border:1px solid var(--line);background:var(--sunk);white-space:nowrap;border-bottom-width:2px;border-radius:5px;padding:.1em .45em}.name{overflow-wrap:anywhere}.cut-name{text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom;max-width:100%;display:inline-block;overflow:hidden}h1 .cut-name{max-width:min(100%,40ch)}.prose{overflow-wrap:anywhere;max-width:72ch;margin:.6rem 0}.heard{clip-path:inset(50%);white-space:nowrap;width:1px;height:1px;position:absolute;overflow:hidden}.skip{position:absolute;left:-99rem}.skip:focus{z-index:60;background:var(--panel);padding:.4rem .8rem;top:.5rem;left:1rem}:focus-visible{outline:2px solid var(--accent-fill);outline-offset:2px;border-radius:3px}main:focus{outline:none}button,.button,input,select{font:inherit;color:inherit}button,.button{background:var(--panel);border:1px solid var(--line);cursor:pointer;color:var(--ink);border-radius:7px;align-items:center;min-height:2.1rem;padding:.28rem .75rem;text-decoration:none;display:inline-flex}button:hover,.button:hover{border-color:var(--soft)}button:disabled{opacity:.45;cursor:default}input,select{background:var(--panel);border:1px solid var(--line);border-radius:7px;max-width:100%;min-height:2.1rem;padding:.28rem .6rem}input[type=range]{min-height:0;accent-color:var(--accent-fill);border:0;padding:0}input::placeholder{color:var(--soft);opacity:1}.icon{justify-content:center;width:2.1rem;min-width:2.1rem;padding:0}.icon svg{fill:none;stroke:currentColor;stroke-width:2px;width:1.1rem;height:1.1rem}.icon .shaded{fill:currentColor;stroke:none}.choice{border:1px solid var(--line);background:var(--sunk);border-radius:8px;gap:2px;padding:2px;display:inline-flex}.choice button{min-height:1.75rem;color:var(--soft);white-space:nowrap;background:0 0;border:0;border-radius:6px;padding:.1rem .65rem}.choice button[aria-pressed=true]{background:var(--panel);color:var(--ink);box-shadow:0 0 0 1px var(--line)}.top{border-bottom:1px solid var(--line);background:color-mix(in srgb, var(--page) 92%, transparent);-webkit-backdrop-filter:blur(8px);backdrop-filter:blur(8px);z-index:20;flex-wrap:wrap;align-items:center;gap:.5rem .9rem;padding:.55rem max(clamp(.8rem,3vw,2rem),50% - 900px + 2rem);display:flex;position:sticky;top:0}.brand{color:var(--ink);letter-spacing:-.01em;align-items:center;gap:.5rem;font-weight:680;text-decoration:none;display:inline-flex}.brand svg{fill:none;width:1.35rem;height:1.35rem;stroke:var(--accent-fill);stroke-width:2px}.brand circle{fill:var(--accent-fill);stroke:none}.sections{flex:1;gap:.2rem;min-width:0;display:flex}.sections a{white-space:nowrap;color:var(--soft);border-radius:6px;padding:.25rem .6rem;text-decoration:none}.sections a:hover{color:var(--ink);background:var(--sunk)}.sections a[aria-current]{color:var(--ink);font-weight:600}.jump{width:13rem;color:var(--soft);justify-content:space-between}.jump kbd{font-size:.78rem}.trail{min-width:0;color:var(--soft);flex-basis:100%;gap:.45rem;font-size:.88rem;display:flex}.trail>*{min-width:0}.trail>*+:before{content:\"›\";color:var(--soft);margin-right:.45rem;text-decoration:none;display:inline-block}.trail>:is(a,span){align-items:baseline;max-width:40ch;text-decoration:none;display:inline-flex}.trail a:hover .name{text-decoration:underline}main{outline:none;max-width:1800px;margin:0 auto;padding:1.4rem clamp(.8rem,3vw,2rem) 4rem}.page-head{justify-content:space-between;align-items:flex-start;gap:1rem;margin-bottom:.9rem;display:flex}.page-head>div:first-child{min-width:0}.steps{flex:none;gap:.4rem;display:flex}.steps a{border:1px solid var(--line);background:var(--panel);width:2.3rem;height:2.3rem;color:var(--ink);border-radius:8px;place-items:center;text-decoration:none;display:grid}.steps a:hover{border-color:var(--soft)}.panel{background:var(--panel);border:1px solid var(--line);border-radius:10px;min-width:0;padding:.95rem 1.1rem 1.1rem}.panel>h2+:not(.note){margin-top:.6rem}.warning{background:var(--warn);margin:1rem 0}.warning ul{margin-top:.4rem;padding-left:1.2rem}.cards{grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:1rem;margin-top:1.6rem;display:grid}.facts{gap:.45rem;font-size:.92rem;display:grid}.facts div{grid-template-columns:6.5rem minmax(0,1fr);gap:.6rem;display:grid}dt{color:var(--soft)}dd{overflow-wrap:anywhere;min-width:0}.empty,.problem{text-align:center;color:var(--soft);border:1px dashed var(--line);border-radius:10px;margin-top:1rem;padding:2.5rem 1rem}.problem{border:0;max-width:60ch;margin:3rem auto}.problem h1{color:var(--ink)}.problem .lead{overflow-wrap:anywhere;margin:.6rem auto 1rem}.loading{padding:2rem 0}.chips{flex-wrap:wrap;gap:.4rem;display:flex}.chip{border:1px solid var(--line);background:var(--sunk);border-radius:99px;max-width:100%;padding:.15rem .75rem;text-decoration:none}details>summary{cursor:pointer}.toast{background:var(--ink);color:var(--page);z-index:60;overflow-wrap:anywhere;opacity:0;pointer-events:none;border-radius:8px;max-width:min(90vw,60ch);padding:.5rem 1rem;transition:opacity .15s;position:fixed;bottom:1.4rem;left:50%;translate:-50%}.toast[data-shown=true]{opacity:1}.tile{background-color:var(--grey);-webkit-print-color-adjust:exact;print-color-adjust:exact;background-repeat:no-repeat;flex:none;display:block;box-shadow:inset 0 0 0 1px #8883}.tile.projection{filter:contrast(var(--boost,3))}.sharp,.cut.sharp image{image-rendering:pixelated}.tile.none{background:repeating-linear-gradient(45deg, var(--sunk) 0 4px, var(--line) 4px 5px);width:32px;height:32px}.pair{justify-content:center;align-items:center;gap:3px;display:flex}.caption{font-variant-numeric:tabular-nums;justify-content:space-between;gap:.4rem;min-width:0;font-size:.8rem;line-height:1.3;display:flex}.caption b{text-overflow:ellipsis;white-space:nowrap;min-width:0;font-weight:600;overflow:hidden}.caption span{color:var(--soft);white-space:nowrap}.whole,.cut{background:var(--sunk);width:100%;display:block}.whole .beyond,.cut .beyond{fill:var(--grey)}.whole .missing{fill:var(--sunk)}.whole .shade{fill:#000;opacity:.38}.whole .field,.whole .field-halo{fill:none;stroke:var(--mark);stroke-width:2px;vector-effect:non-scaling-stroke}.whole .part{fill:none;stroke:#fff;stroke-width:1.5px;stroke-dasharray:4 3;vector-effect:non-scaling-stroke}.whole .field-halo{stroke:#000;stroke-width:4px;opacity:.55}.map-head{flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.6rem;margin:1.6rem 0 .7rem;display:flex}.map{gap:.45rem;list-style:none;display:grid;position:relative}.map:before{content:\"\";background:var(--line);width:2px;position:absolute;top:1rem;bottom:1rem;left:1.05rem}.station{min-width:0;padding-left:2.3rem;position:relative}.station:before{content:\"\";background:var(--page);border:3px solid var(--accent-fill);border-radius:50%;width:.85rem;height:.85rem;margin-top:-.43rem;position:absolute;top:50%;left:.66rem}.station>a{background:var(--panel);border:1px solid var(--line);color:var(--ink);border-radius:10px;grid-template-columns:minmax(9rem,1.3fr) 8.2rem 8rem 7.4rem auto;align-items:center;gap:.4rem 1.1rem;padding:.6rem 1rem;text-decoration:none;display:grid}.station>a:hover,.station.current>a{border-color:var(--accent-fill)}.station.current>a{box-shadow:0 0 0 1px var(--accent-fill)}.station-name{min-width:0;display:grid}.station-name b{min-width:0;font-weight:620}.station-field{font-variant-numeric:tabular-nums;align-items:center;gap:.6rem;display:flex}.station-told{text-align:right;font-variant-numeric:tabular-nums;color:var(--soft);display:grid}.station-told>*{font-size:.88rem}.station-told small{white-space:nowrap}.station-told .some{color:var(--negative);font-weight:600}.caution{border-left:3px solid var(--negative);max-width:60rem;margin:.4rem 0;padding-left:.7rem}.glyph{flex:none;width:34px;height:34px}.glyph .frame{fill:var(--sunk);stroke:var(--line)}.glyph .filled{fill:var(--accent-fill);opacity:.75}.strip{gap:2px;display:grid;overflow:hidden}.strip>span{gap:2px;display:flex}.passed{color:var(--soft);padding-left:2.3rem;font-size:.85rem;position:relative}.passed ul{gap:.2rem;padding:.5rem 0 .5rem 1rem;list-style:none;display:grid}.passed li{flex-wrap:wrap;gap:.2rem 1rem;display:flex}.passed .name{min-width:16rem}.bar{border-block:1px solid var(--line);flex-wrap:wrap;align-items:center;gap:.6rem .9rem;margin-bottom:.7rem;padding:.7rem 0;font-size:.9rem;display:flex}.contrast{color:var(--soft);align-items:center;gap:.45rem;font-size:.9rem;display:inline-flex}.bar label,.range{color:var(--soft);align-items:center;gap:.45rem;display:inline-flex}.bar select{max-width:15rem}.bar :is(input,select){color:var(--ink)}.fold{display:none}.range{flex-wrap:wrap}.range>span{white-space:nowrap}.bar .few{width:5.6rem}.bar .find{width:11rem}.count{white-space:nowrap;margin-left:auto;font-weight:600}.virtual{margin-inline:-7px;list-style:none;position:relative}.layer-map .virtual{margin-inline:0}.virtual>li{position:absolute}.unit{color:var(--ink);background:0 0;border:1px solid #0000;border-radius:8px;align-content:start;gap:.2rem;width:100%;height:100%;min-height:0;padding:5px 6px 4px;text-decoration:none;display:grid}button.unit{align-items:start;display:grid}.unit .pair{min-height:0}.unit:hover{background:var(--panel);border-color:var(--line)}.virtual>.current .unit{background:var(--accent-soft);border-color:var(--accent-fill)}.unit.dead{color:var(--soft)}.unit:focus-visible{outline-offset:-1px;border-radius:8px}.thumb img{aspect-ratio:1;object-fit:cover;background:var(--grey);border-radius:4px;width:100%;height:auto}.thumb small{min-width:0;overflow:hidden}.unit-name{font-size:1.1rem;font-weight:600}.stack{grid-template-rows:1fr auto;align-content:start;gap:1rem;min-width:0;display:grid}.stats{flex-wrap:wrap;gap:.4rem 2rem;margin-bottom:1.1rem;display:flex}.stats div{align-items:baseline;gap:.5rem;display:flex}.stats dt{font-size:.85rem}.stats dd{font-variant-numeric:tabular-nums;font-weight:640}.examples{grid-template-columns:minmax(0,1fr) minmax(0,19rem);align-items:start;gap:.8rem 2rem;display:grid}.examples-bar{flex-wrap:wrap;grid-column:1/-1;align-items:center;gap:.5rem 1rem;display:flex}.how{flex-basis:100%;font-size:.88rem}.how summary{color:var(--accent)}.how dl{gap:.4rem;max-width:76ch;margin:.6rem 0 .3rem;display:grid}.how dl div{grid-template-columns:8.5rem minmax(0,1fr);gap:.6rem;display:grid}.small{font-size:.88rem}.panel>.caution,.panel>.note:last-child{margin:.7rem 0 0}.hint{font-size:.84rem}.panels{gap:1.4rem;min-width:0;display:grid}.panels-2{grid-template-columns:repeat(2,minmax(0,1fr))}figcaption{color:var(--soft);margin-bottom:.4rem;font-size:.84rem}.nine{justify-content:start;gap:4px;display:grid}.cell{cursor:zoom-in;background:0 0;border:0;border-radius:0;min-height:0;padding:0;display:block;position:relative}.cell.active:after{content:\"\";border:2px solid var(--mark);pointer-events:none;position:absolute;inset:-2px;box-shadow:0 0 0 1px #000,inset 0 0 0 1px #0008}.cell:focus-visible{outline-offset:1px;z-index:2}.looked{min-width:0}.looked dl{gap:.15rem;margin-top:.6rem;font-size:.9rem;display:grid}.looked dl div{grid-template-columns:5.2rem minmax(0,1fr);gap:.5rem;display:grid}.actions{flex-wrap:wrap;gap:.5rem;margin:1.3rem 0 1.4rem;display:flex}.details{grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1rem;display:grid}.wide>.note{max-width:none}:is(h1,.lead)+.bar{margin-top:.9rem}.details .wide{grid-column:1/-1}.histogram{width:100%;height:auto;display:block;overflow:visible}.histogram .bar{fill:var(--accent-fill);opacity:.75}.histogram a .reach{fill:#0000}.histogram a:hover .bar{opacity:1}.band.here{outline:2px solid var(--mark);outline-offset:6px;border-radius:4px}.histogram .axis{stroke:var(--line)}.histogram .mark{fill:var(--negative)}.histogram text{fill:var(--soft);font-size:14px}.bars,.joints{gap:.35rem;font-size:.9rem;list-style:none;display:grid}.bars li{grid-template-columns:minmax(0,10rem) 1fr 4.4rem;align-items:center;gap:.7rem;display:grid}.joints li{grid-template-columns:34px minmax(0,12rem) minmax(3.4rem,1fr) 4.4rem;align-items:center;gap:.7rem;display:grid}.joints.bare li{grid-template-columns:minmax(0,1fr) 3.4rem 4.4rem}.joint-name,.joint-name a{white-space:nowrap;min-width:0;display:flex}.joint-name span{text-overflow:ellipsis;white-space:nowrap;overflow:hidden}.bars .number,.joints .number{text-align:right}.tuning{gap:.35rem;font-size:.9rem;list-style:none;display:grid}.tuning li{grid-template-columns:minmax(0,9rem) 1fr 3rem;align-items:center;gap:.7rem;display:grid}.tuning .differs{font-weight:600}.tuning .number{text-align:right;white-space:nowrap}.tuning-track{background:var(--sunk);border-radius:3px;height:.8rem;position:relative}.tuning-track i{position:absolute;top:0;bottom:0}.tuning-track .middle{background:var(--line);border-radius:3px}.tuning-track .interval{background:var(--ink);top:calc(50% - 1px);bottom:calc(50% - 1px)}.tuning-track .dot{background:var(--accent-fill);border-radius:50%;width:.6rem;height:.6rem;margin-left:-.3rem;top:.1rem}.bar-name{text-overflow:ellipsis;white-space:nowrap;min-width:0;overflow:hidden}.bar-track{background:var(--sunk);border-radius:3px;height:.6rem;overflow:hidden}.bar-track>span{background:var(--accent-fill);height:100%;display:block}.bar-track.negative>span{background:var(--negative)}.tiles{flex-wrap:wrap;gap:.7rem;list-style:none;display:flex}.tiles li{position:relative}.tiles li>a:first-child{color:var(--ink);border-radius:4px;gap:.15rem;text-decoration:none;display:grid}.tiles li>a:first-child:hover .caption b{text-decoration:underline}.versus{color:#fff;opacity:0;background:#000b;padding:0 .35rem;font-size:.8rem;text-decoration:none;position:absolute;top:0;right:0}button.versus{border:0;border-radius:0;min-height:1.4rem}.versus[aria-pressed=true]{opacity:1;background:var(--mark);color:#000}@media (hover:none){.versus{opacity:1;justify-content:center;min-width:1.9rem;min-height:1.9rem}}.tiles li:hover .versus,.versus:focus-visible{opacity:1}.bands{grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:1rem 1.6rem;display:grid}.band-row{gap:.5rem;min-height:5.4rem;margin-top:.35rem;display:flex}.band-row .quiet{font-size:.85rem}.band-row a{width:72px;color:var(--soft);align-content:start;gap:.1rem;font-size:.8rem;text-decoration:none;display:grid}.channels-panel{margin-block:1.4rem}.channels{flex-wrap:wrap;gap:.5rem;margin:0;padding:0;list-style:none;display:flex}.plain-button{cursor:pointer;background:0 0;border:0;justify-items:center;gap:3px;min-height:0;padding:0;display:grid}.plain-button .number{color:var(--soft);font-size:.8rem}.control{flex-wrap:wrap;align-items:flex-end;gap:1rem;display:flex}.control figcaption{margin:.3rem 0 0}.control p{align-self:center;max-width:12rem;font-size:.85rem;display:grid}.figure{font-size:1.7rem;font-weight:640;line-height:1.1}.plain{gap:.3rem;list-style:none;display:grid}.star{color:var(--star)}.icon.star{width:2.3rem;height:2.3rem;color:var(--soft);border-radius:8px;font-size:1.15rem}.icon.star.on{color:var(--star);border-color:var(--star)}.caption .star{color:var(--star);margin-left:.25rem}.toggle[aria-pressed=true]{background:var(--accent-soft);border-color:var(--accent-fill)}textarea{font:inherit;color:inherit;background:var(--page);border:1px solid var(--line);resize:vertical;border-radius:7px;width:100%;padding:.4rem .6rem}textarea::placeholder{color:var(--soft);opacity:1}.missing-picture{grid-column:1/-1;margin:0}.nine .whole{cursor:inherit}.whole text{fill:var(--soft)}.source{padding:.6rem clamp(.8rem,3vw,2rem) 1rem;font-size:.88rem}.marked{margin-top:1.6rem}.marked .tiles li{max-width:9.5rem}.marked .actions{margin:.9rem 0 0}label.button:focus-within{outline:2px solid var(--accent-fill);outline-offset:2px}.spread{cursor:crosshair;touch-action:none;border-radius:4px;flex:none;overflow:hidden}.spread .ground{fill:var(--sunk)}.spread .bar{fill:var(--accent-fill);opacity:.8}.spread .bar.out{fill:var(--soft);opacity:.3}.layer-map{grid-template-columns:minmax(0,1fr) 16.5rem;align-items:start;gap:1.4rem;display:grid}.map-look{gap:.7rem;display:grid;position:sticky;top:6.6rem}.map-pair{flex-wrap:wrap;gap:4px;display:flex}.unit.mini{border:0;border-radius:0;padding:0}.virtual>.current .mini{box-shadow:0 0 0 2px var(--mark), 0 0 0 3px #000;z-index:1;background:0 0;position:relative}.modal{z-index:50;background:#0009;place-items:center;padding:1rem;display:grid;position:fixed;inset:0;overflow:auto}.sheet{background:var(--panel);border:1px solid var(--line);border-radius:12px;min-width:0;max-width:min(96vw,1250px);max-height:94vh;padding:1.2rem 1.4rem 1.4rem;position:relative;overflow:auto}.sheet>.close{position:absolute;top:.8rem;right:.8rem}.close{font-size:1.2rem;line-height:1}.narrow{max-width:34rem}.narrow ul{gap:.4rem;margin-top:.6rem;padding-left:1.2rem;display:grid}.narrow p{margin-top:.6rem}.help .columns{grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1.2rem 2.2rem;margin-top:.8rem;display:grid}.help dl{gap:.35rem;margin-top:.4rem;display:grid}.help dl div{grid-template-columns:8.2rem 1fr;align-items:baseline;gap:.4rem;display:grid}.help dt{color:var(--ink)}.help{width:min(96vw,62rem)}.lightbox{grid-template-rows:auto minmax(0,1fr) auto;padding:.8rem 1rem;display:grid}.lightbox-bar{flex-wrap:wrap;align-items:center;gap:.6rem 1rem;display:flex}.lightbox-bar .close{margin-left:auto}.slider{color:var(--soft);align-items:center;gap:.5rem;font-size:.88rem;display:inline-flex}.zoom{align-items:center;gap:.4rem;display:inline-flex}.zoom output{text-align:center;min-width:3.4rem}.stage{max-height:calc(94vh - 9.5rem);margin:.8rem 0;overflow:auto}.stage>*{cursor:zoom-in}.stage.zoomed>*{cursor:grab;touch-action:none}.large-pair{justify-content:safe center;gap:6px;display:flex}.overlay{width:fit-content;margin:0 auto;position:relative}.overlay .over{position:absolute;inset:0}.large-whole{margin:0 auto}.lightbox-foot{justify-content:space-between;align-items:center;gap:1rem;min-width:0;display:flex}.lightbox-foot p{text-align:center;min-width:0;font-size:.92rem}.lightbox-foot .cut-name{max-width:22ch}.high{align-items:start;padding-top:min(12vh,7rem)}.search{grid-template-rows:auto minmax(0,1fr);width:min(96vw,44rem);max-height:80vh;padding:.9rem;display:grid;overflow:hidden}.search>input{width:100%;min-height:2.6rem;font-size:1.05rem}.search>p{margin-top:.6rem;font-size:.84rem}.hits{min-height:0;overflow:auto}.hits h3{color:var(--soft);margin:.8rem 0 .25rem}.hit{color:var(--ink);border-radius:6px;align-items:center;gap:.7rem;min-width:0;padding:.25rem .4rem;text-decoration:none;display:flex}.hit[aria-selected=true]{background:var(--accent-soft);box-shadow:inset 0 0 0 1px var(--accent-fill)}.hit:hover{background:var(--sunk)}.hit bdi{text-overflow:ellipsis;white-space:nowrap;min-width:0;overflow:hidden}.hit bdi:last-child:not(:nth-child(2)){max-width:50%;margin-left:auto;font-size:.86rem}.hit-cards{flex-wrap:wrap;display:flex}.hit-cards h3{flex-basis:100%}.hit-cards .hit{gap:0;width:7.5rem;padding:.35rem;font-size:.86rem;display:grid}.hit-cards .hit bdi:last-child:not(:nth-child(2)){max-width:none;margin:0}.hit-picture{flex:none;gap:3px;width:91px;display:flex}.class-page{grid-template-columns:repeat(2,minmax(0,1fr));align-items:start;gap:1rem;margin-top:1.2rem;display:grid}.class-page .wide{grid-column:1/-1}.thumbs{flex-wrap:wrap;gap:4px;list-style:none;display:flex}.thumbs a{display:block}.small-image{object-fit:cover;background:var(--grey);display:block}.more{margin-top:.6rem;font-size:.9rem}.pair-link{gap:.3rem;width:fit-content;display:grid}.logit{align-items:baseline;gap:.4rem}.image-page{grid-template-columns:minmax(0,22rem) minmax(0,1fr);align-items:start;gap:1.4rem 2rem;display:grid}.image-page>div{gap:1rem;display:grid}.sticky{position:sticky;top:6.6rem}.looked figcaption+*{margin-top:0}.sticky figcaption{min-height:1.4em;margin:.5rem 0 0}.path{font-size:.84rem}.image-page details{margin-top:.8rem}.image-page details ul{margin-top:.6rem}.versus-pair{grid-template-columns:repeat(2,minmax(0,1fr));align-items:start;gap:1rem;margin-top:.8rem;display:grid}.measure{font-size:.84rem}.half .panels{grid-template-columns:auto auto;justify-content:start;margin:-3px;padding:3px;overflow-x:auto}.half .note{margin-top:.5rem}.half h2{min-width:0}.compare-bar input{width:13rem}.experiments{grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:1rem;margin-top:1.2rem;list-style:none;display:grid}.experiments a{border:1px solid var(--line);background:var(--panel);color:var(--ink);overflow-wrap:anywhere;border-radius:10px;align-content:start;gap:.25rem;min-width:0;height:100%;padding:.8rem;text-decoration:none;display:grid}.experiments a:hover{border-color:var(--accent-fill)}.experiments img,.no-figure{object-fit:contain;background:#fff;border-radius:6px;width:100%;height:9.5rem;margin-bottom:.3rem;display:block}.no-figure{background:var(--sunk);color:var(--soft);padding:.5rem .8rem;overflow:hidden}.no-figure>span{border-bottom:1px solid var(--line);white-space:nowrap;grid-auto-columns:minmax(0,1fr);grid-auto-flow:column;gap:.8rem;padding:.3rem 0;font-size:.8rem;display:grid}.no-figure>span:first-child{font-weight:600}.no-figure bdi{text-overflow:ellipsis;overflow:hidden}.findings{grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));align-items:start;gap:1rem;margin-top:1rem;display:grid}.findings .result{margin:0}.findings .wide{grid-column:1/-1}.cards.settings{align-items:start}.settings .facts{grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));column-gap:2rem}.settings .facts div{grid-template-columns:12rem minmax(0,1fr);align-items:baseline}.settings .facts dt{overflow-wrap:anywhere}.findings table{width:100%}.findings th+th,.findings td+td{padding-left:1.2rem}.findings .actions{margin:.9rem 0 0}.clamp{-webkit-line-clamp:3;-webkit-box-orient:vertical;font-size:.88rem;display:-webkit-box;overflow:hidden}.result{margin:1rem 0}.result img{border:1px solid var(--line);background:#fff;border-radius:8px;max-width:100%}.scroll{max-height:27rem;overflow:auto}.scroll th{background:var(--panel);position:sticky;top:0}.scroll tbody tr:hover td{background:var(--sunk)}table{border-collapse:separate;border-spacing:0;min-width:min(100%,24rem);font-size:.9rem}th,td{text-align:left;border-bottom:1px solid var(--line);white-space:nowrap;padding:.3rem .9rem .3rem 0}th{color:var(--soft);font-weight:600}th.number,td.number{text-align:right;padding:.3rem 0 .3rem .9rem}.covered{margin-top:1rem}.covered-pair{grid-template-columns:minmax(0,30rem) minmax(0,1fr);align-items:start;gap:1.4rem;display:grid}.covered-told{justify-items:start;gap:.8rem;display:grid}.covered-told>*{max-width:100%}.covered-told .choice{flex-wrap:wrap}.covered-told .choice button{white-space:normal}.covered-told .figure{font-size:1.15rem}.covered-told input{width:100%}.covered svg{cursor:crosshair;touch-action:none}.loss{fill:#ff5a1f;pointer-events:none}@media (width<=1100px){.station>a{grid-template-columns:minmax(8rem,1fr) auto auto auto}.strip{grid-column:1/-1}}@media (width<=820px){.examples,.image-page{grid-template-columns:minmax(0,1fr)}.looked{max-width:24rem}.sticky{position:static}.versus-pair,.layer-map,.class-page,.covered-pair{grid-template-columns:minmax(0,1fr)}.map-look{order:-1;position:static}}@media (width<=560px){.fold{display:inline-flex}:root{font-size:14.5px}h1{font-size:1.3rem}.top{position:static}.sections{flex-basis:100%;order:3;overflow-x:auto}.jump{flex:1;width:auto}.panels{gap:.8rem}.half .panels{grid-template-columns:auto}.sections a{padding:.25rem .42rem}.nine{gap:2px}.station,.passed{padding-left:1.5rem}.map:before{left:.42rem}.station:before{left:.05rem}.station>a{grid-template-columns:minmax(0,1fr) auto;padding:.6rem .8rem}.station-told{text-align:left}.count{margin-left:0}.bar:not(.open) .filter{display:none}.joints li{grid-template-columns:34px minmax(0,1fr) 3rem 4.2rem}.joints.bare li{grid-template-columns:minmax(0,1fr) 3rem 4.2rem}.bars li{grid-template-columns:minmax(0,8rem) 1fr 4.2rem}.sheet{padding:.9rem}.passed .name{min-width:0}}@media (prefers-reduced-motion:reduce){*{scroll-behavior:auto!important;transition:none!important;animation:none!important}}@media print{:root{color-scheme:light;background:#fff}.top,.actions,.steps,.examples-bar,.toast,.modal,.versus{display:none!important}main{max-width:none;padding:0}.bar{display:none}.virtual{flex-wrap:wrap;display:flex;height:auto!important}.virtual>li{break-inside:avoid;position:static!important}.panel{break-inside:avoid;border:0;padding:.3rem 0}.examples{grid-template-columns:minmax(0,2.4fr) minmax(0,1fr)}.cell.active:after,.whole .part{fill:none;stroke:#fff;stroke-width:1.5px;stroke-dasharray:4 3;vector-effect:non-scaling-stroke}.whole .field-halo,section:has(textarea:placeholder-shown){display:none}a{color:inherit;text-decoration:none}}.caused{padding:.2rem .4rem .6rem .2rem;position:relative}.caused-heads{height:1.6rem;color:var(--soft);font-size:.82rem;position:relative}.caused-heads span{text-overflow:ellipsis;white-space:nowrap;position:absolute;overflow:hidden}.caused-graph{position:relative}.caused-graph svg{position:absolute;inset:0;overflow:visible}.caused-graph path{fill:none;stroke:var(--accent-fill);opacity:.45}.caused-graph path.against{stroke:var(--negative)}.caused-graph [data-faint=true]{opacity:.12}.caused-graph ul{list-style:none}.caused-graph li{height:68px;padding:3px 0;transition:opacity .1s;position:absolute}.caused-graph li[data-faint=true]{opacity:.4}.caused-graph li>*{background:var(--panel);border:1px solid var(--line);height:100%;color:var(--ink);border-radius:8px;grid-template-columns:auto minmax(0,1fr);align-items:center;gap:.5rem;padding:2px;text-decoration:none;display:grid}.caused-graph a:hover{border-color:var(--accent-fill)}.caused-graph .told{min-width:0;font-size:.82rem;display:grid}.caused-graph .told b{text-overflow:ellipsis;white-space:nowrap;overflow:hidden}.caused-sums{margin-top:.6rem;font-size:.9rem}";
// src/widget.tsx
function Wa(e) {
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
var Ga = { render({ model: e, el: t }) {
	let n = t.attachShadow({ mode: "open" }), r = document.createElement("style");
	r.textContent = Ua;
	let i = document.createElement("div");
	i.className = "convscope-box", i.tabIndex = -1, i.style.height = `${Number(e.get("height")) || 720}px`, n.append(r, i);
	let a = lt(String(e.get("route") ?? "#/"));
	i.addEventListener("click", (e) => {
		let t = e.composedPath()[0].closest?.("a[href^=\"#/\"]");
		!t || e.ctrlKey || e.metaKey || e.shiftKey || (e.preventDefault(), a.go(t.getAttribute("href") ?? "#/"));
	});
	let { host: o, close: s } = Wa(e);
	return fe(/* @__PURE__ */ z(Ra, {
		host: o,
		router: a,
		root: i
	}), i), () => {
		fe(null, i), s();
	};
} };
export { Ga as default };
