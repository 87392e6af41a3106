// \0rolldown/runtime.js
var e = Object.defineProperty, t = (t, n) => {
	let r = {};
	for (var i in t) e(r, i, {
		get: t[i],
		enumerable: !0
	});
	return n || e(r, Symbol.toStringTag, { value: "Module" }), r;
}, n, r, i, a, o, s, c, l, u, d, f, p = Symbol.for("pv"), m = {}, h = [], g = /^m(i|n|o|s|text|space)$/, _ = Array.isArray, v = h.slice, y = Object.assign;
function b(e) {
	e && e.parentNode && e.remove();
}
function x(e, t, i, a, o) {
	var s = {
		type: e,
		props: t,
		key: i,
		ref: a,
		__k: null,
		__: null,
		__b: 0,
		__e: null,
		__c: null,
		constructor: p,
		__v: o || ++r,
		__i: -1,
		__u: 0
	};
	return !o && n.vnode && n.vnode(s), s;
}
function S(e) {
	return e.children;
}
function C(e, t) {
	this.props = e, this.context = t, this.__g = 0;
}
function w(e, t) {
	if (t == null) return e.__ && w(e.__, e.__i + 1);
	for (var n; t < e.__k.length; t++) if ((n = e.__k[t]) && n.__e) return n.__e;
	return typeof e.type != "function" || e.props.__P ? null : w(e);
}
function T(e) {
	var t, r = e.__v, i = r.__e, a = [], o = [], s = e.__P;
	s && ((t = y({ constructor: p }, r)).__v = r.__v + 1, n.vnode && n.vnode(t), ce(s, t, r, e.__n, s.namespaceURI, 32 & r.__u ? [i] : null, a, i || w(r), 32 & r.__u, o), t.__v = r.__v, t.__.__k[t.__i] = t, de(a, t, o), r.__ = r.__e = null, t.__e != i && E(t));
}
function E(e) {
	if ((e = e.__) && e.__c && !e.props.__P) return e.__e = null, e.__k.some(function(t) {
		return t && (e.__e = t.__e);
	}), E(e);
}
function D(e) {
	(8 & e.__g || (e.__g |= 8, i.push(e), o++)) && a == n.debounceRendering || ((a = n.debounceRendering) || queueMicrotask)(ee);
}
function ee() {
	try {
		for (var e, t = 1; i.length;) i.length > t && i.sort(s), e = i.shift(), t = i.length, 8 & e.__g && T(e);
	} finally {
		(o = i.length) && (a || queueMicrotask)(ee);
	}
}
function te(e, t, n, r, i, a, o, s, c, l, u) {
	var d, f, p, g, _, v, y = r.__k || h, b = t.length;
	for (c = ne(n, t, y, c, b), d = 0; d < b; d++) (p = n.__k[d]) != null && (f = ~p.__i && y[p.__i] || m, p.__i = d, v = ce(e, p, f, i, a, o, s, c, l, u), g = p.__e, (f.ref != p.ref || 8 & f.__u) && (f.ref && pe(f.ref, null, p, f), p.ref && u.push(p.ref, p.__c || g, p)), _ ||= g, 4 & p.__u ? (c = re(p, c, e, !f.__v), f.__e && (f.__e = null)) : typeof p.type == "function" && v !== void 0 ? c = v : g && (c = g.nextSibling), p.__u &= -21);
	return n.__e = _, c;
}
function ne(e, t, n, r, i) {
	var a, o, s, c, l, u, d, f, m, h = n.length, g = h, v = 0, y = 0, b = e.__k = Array(i);
	for (a = 0; a < i; a++) (o = t[a]) != null && typeof o != "boolean" && typeof o != "function" ? (typeof o != "object" || o.constructor === String ? o = b[a] = x(null, o) : _(o) ? o = b[a] = x(S, { children: o }) : o.constructor === p && o.__b ? o = b[a] = x(o.type, o.props, o.key, o.ref, o.__v) : b[a] = o, c = a + v, o.__ = e, o.__b = e.__b + 1, s = null, ~(l = o.__i = ie(o, n, c, g)) && (g--, (s = n[l]) && (s.__u |= 2)), s && s.__v ? (o.__u |= 16, l == c - 1 ? v-- : l == c + 1 ? v++ : l != c && (l > c ? v-- : v++, y = 1)) : (~l || (i > h ? v-- : i < h && v++), typeof o.type != "function" && (o.__u |= 4))) : b[a] = null;
	if (y) {
		for (u = [], d = [], a = 0; a < i; a++) if ((o = b[a]) && 16 & o.__u) {
			for (v = 0, f = u.length; v < f;) u[m = v + f >> 1] < o.__i ? v = m + 1 : f = m;
			u[v] = o.__i, d[a] = v + 1;
		}
		for (v = u.length; a--;) d[a] && (d[a] == v ? v-- : b[a].__u |= 4);
	}
	if (g) for (a = 0; a < h; a++) !(s = n[a]) || 2 & s.__u || (s.__e == r && (r = w(s)), me(s, s));
	return r;
}
function re(e, t, n, r) {
	var i, a, o, s;
	if (typeof e.type == "function") {
		if (e.props.__P) return t;
		if (i = e.__k) for (a = 0; a < i.length; a++) i[a] && (i[a].__ = e, t = re(i[a], t, n, !1));
		return t;
	}
	for (t && !t.parentNode && (t = w(e)) && !t.parentNode && (t = null), o = e.__e, s = t; s && s.nodeType == 8;) s = s.nextSibling;
	for (o != s && (!r && n.moveBefore && o.parentNode ? n.moveBefore(o, t) : n.insertBefore(o, t || null)), t = o; (t &&= t.nextSibling) && t.nodeType == 8 && !t.data.startsWith("$s"););
	return t;
}
function ie(e, t, n, r) {
	var i, a = e.key, o = e.type, s = t[n], c = s && !(2 & s.__u);
	if (s === null && a == null || c && a == s.key && o == s.type) return n;
	if (r > +!!c) {
		for (i = n - 1; i >= 0; i--) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
		for (i = n + 1; i < t.length; i++) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
	}
	return -1;
}
function ae(e, t, n) {
	n ??= "", t[0] == "-" ? e.setProperty(t, n) : e[t] = n;
}
function oe(e, t, n, r, i) {
	var a, o;
	if (t == "style") {
		if (typeof n == "string") e.style.cssText = n;
		else {
			if (typeof r == "string" && (e.style.cssText = r = ""), r) for (t in r) n && t in n || ae(e.style, t);
			if (n) for (t in n) r && n[t] == r[t] || ae(e.style, t, n[t]);
		}
	} else if (t[0] == "o" && t[1] == "n") typeof n != "function" && (n = null), typeof r != "function" && (r = null), (e.__e ||= {})[t] = n, n && r || (o = d[t] || (d[t] = se(t)), (e.__a ||= {})[t] = u, a = t != (t = t.replace(l, "$1")), (t = t.slice(2))[0] < "a" && (t = t.toLowerCase()), n ? e.addEventListener(t, o, a) : e.removeEventListener(t, o, a));
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
function se(e) {
	return function(t) {
		var r = this.__e;
		if (r) {
			if (r = r[e], t[c] == null) t[c] = u++;
			else if (t[c] < this.__a[e]) return;
			return r(n.event ? n.event(t) : t);
		}
	};
}
function ce(e, t, r, i, a, o, s, c, l, u) {
	var d, f, m, g, v, x, T, E, D, ee, ne, re, ie, ae, oe, se, ce, de, pe = t.type;
	if (t.constructor !== p) return null;
	128 & r.__u && (l = 32 & r.__u, d = r.__c.__z) && (t.__u |= l, f = o = [], d.nodeType == 8 ? c = le(d, o) : o.push(d), c = o[0] || c), (d = n.__b) && d(t);
	n: if (typeof pe == "function") {
		m = s.length;
		try {
			if (E = t.props, D = (d = pe.prototype) && d.render, ee = (d = pe.contextType) && i[d.__c], ne = d ? ee ? ee.props.value : d.__ : i, (g = r.__c) ? (t.__c = g, 2 & g.__g && (g.__g |= 1)) : (D ? t.__c = g = new pe(E, ne) : (t.__c = g = new C(E, ne), g.constructor = pe, g.render = he), ee && ee.sub(g), g.state || (g.state = {}), g.__n = i, g.__g |= 8, g.__h = [], g.__k = []), D && (g.__s || (g.__s = g.state), pe.getDerivedStateFromProps && (g.__s == g.state && (g.__s = y({}, g.__s)), y(g.__s, pe.getDerivedStateFromProps(E, g.__s)))), v = g.props, x = g.state, g.__v = t, r.__c) {
				if (E !== v && D && !pe.getDerivedStateFromProps && g.componentWillReceiveProps && g.componentWillReceiveProps(E, ne), t.__v == r.__v && !(8 & g.__g) || !(4 & g.__g) && g.shouldComponentUpdate && !1 === g.shouldComponentUpdate(E, g.__s, ne)) {
					t.__v != r.__v && (g.props = E, g.state = g.__s, g.__g &= -9), t.__e = r.__e, t.__k = r.__k, t.__k.some(function(e) {
						e && (e.__ = t);
					}), h.push.apply(g.__h, g.__k), g.__k = [], g.__h.length && s.push(g), c = w(r);
					break n;
				}
				g.componentWillUpdate && g.componentWillUpdate(E, g.__s, ne), D && g.componentDidUpdate && g.__h.push(function() {
					g.componentDidUpdate(v, x, T);
				});
			} else D && !pe.getDerivedStateFromProps && g.componentWillMount && g.componentWillMount(), D && g.componentDidMount && g.__h.push(g.componentDidMount);
			g.context = ne, g.props = E, g.__P = e, g.__g &= -5, re = n.__r, ie = D ? 25 : 0;
			do
				g.__g &= -9, re && re(t), d = g.render(g.props, g.state = g.__s, g.context);
			while (8 & g.__g && ++ie < 25);
			D && (h.push.apply(g.__h, g.__k), g.__k = []), g.state = g.__s, g.getChildContext && (i = y({}, i, g.getChildContext())), D && r.__c && g.getSnapshotBeforeUpdate && (T = g.getSnapshotBeforeUpdate(v, x)), ae = d && d.type === S && d.key == null ? d.props.children : d, E.__P && (d = c, a = (e = E.__P).namespaceURI, l = o = null, r.props && r.props.__P != e && (r.__k.some(function(e) {
				e && me(e, e);
			}), r.__k = null), c = r.__k ? w(r, 0) : null), c = te(e, _(ae) ? ae : [ae], t, r, i, a, o, s, c, l, u), E.__P && (t.__e = null, c = d), t.__u &= -161, f && f.some(b), g.__h.length && s.push(g), 1 & g.__g && (g.__g &= -4);
		} catch (e) {
			if (s.length = m, t.__v = null, l || o) {
				if (e && e.then) {
					if (t.__u |= 128 | l, o) {
						for (~(ce = o.indexOf(c || void 0)) || (ce = o.length); (de = o[ce - 1]) && de.nodeType == 8;) ce--;
						for (; ce < o.length; ce++) if (de = o[ce]) {
							if (o[ce] = null, oe) {
								if (de == se) break;
							} else {
								if (de.nodeType != 8) break;
								de.data.startsWith("$s") && (se = le(oe = de));
							}
						}
					}
					if (!oe) {
						for (; c && c.nodeType == 8 && c.nextSibling;) c = c.nextSibling;
						oe = c;
					}
					(d = le(oe = t.__c.__z || (t.__c.__z = oe))) ? (t.__e = oe, c = d) : t.__e = c, c &&= c.nextSibling;
				} else o && o.some(b);
			} else t.__e = r.__e;
			t.__k ||= r.__k || [], e && e.then || ue(t), n.__e(e, t, r);
		}
	} else c = t.__e = fe(r.__e, t, r, i, a, o, s, l, u, e);
	return (d = n.diffed) && d(t), c;
}
function le(e, t) {
	if (e && e.nodeType == 8 && e.data.startsWith("$s")) for (var n = 1; e = e.nextSibling;) {
		if (e.nodeType == 8) {
			if (e.data.startsWith("$s")) n++;
			else if (e.data.startsWith("/$s") && !--n) return e;
		}
		t && t.push(e);
	}
}
function ue(e) {
	e && (e.__c && (e.__c.__g |= 4), e.__k && e.__k.some(ue));
}
function de(e, t, r) {
	for (var i = 0; i < r.length;) pe(r[i++], r[i++], r[i++]);
	n.__c && n.__c(t, e), e.some(function(t) {
		try {
			e = t.__h, t.__h = [], e.some(function(e) {
				e.call(t);
			});
		} catch (e) {
			n.__e(e, t.__v);
		}
	});
}
function fe(e, t, r, i, a, o, s, c, l, u) {
	var d, f, p, h, y, x, S, C, T = r.props || m, E = t.props, D = t.type;
	if (D == "svg" ? a = "http://www.w3.org/2000/svg" : D == "math" ? a = "http://www.w3.org/1998/Math/MathML" : a ||= "http://www.w3.org/1999/xhtml", o) {
		for (d = 0; d < o.length; d++) if ((y = o[d]) && (D ? y.localName == D : y.nodeType == 3)) {
			e = y, o[d] = null;
			break;
		}
	}
	if (!e) {
		if (C = u.ownerDocument || document, !D) return C.createTextNode(E);
		e = C.createElementNS(a, D, E.is ? E : u), c &&= (n.__m && n.__m(t, o), !1), o = null;
	}
	if (D) {
		if (u = D == "template" && e.content || e, o = D == "textarea" && E.defaultValue != null ? null : o && v.call(u.childNodes), !c && o) for (T = {}, d = 0; d < e.attributes.length; d++) T[(y = e.attributes[d]).name] = y.value;
		for (d in T) y = T[d], d == "dangerouslySetInnerHTML" ? p = y : d == "children" || d in E || d == "value" && "defaultValue" in E || d == "checked" && "defaultChecked" in E || oe(e, d, null, y, a);
		for (d in E) y = E[d], d == "children" ? h = y : d == "dangerouslySetInnerHTML" ? f = y : d == "value" ? x = y : d == "checked" ? S = y : c && typeof y != "function" || T[d] === y || oe(e, d, y, T[d], a);
		f ? (c || p && (f.__html == p.__html || f.__html == e.innerHTML) || (e.innerHTML = f.__html), t.__k = []) : (p && (e.textContent = ""), (D == "foreignObject" || a == "http://www.w3.org/1998/Math/MathML" && g.test(D)) && (a = "http://www.w3.org/1999/xhtml"), te(u, _(h) ? h : [h], t, r, i, a, o, s, o ? o[0] : r.__k && w(r, 0), c, l), o && o.some(b)), c && D != "textarea" || (d = "value", D == "progress" && x == null ? e.removeAttribute(d) : x == null || x === e[d] && (D != "progress" || x) || oe(e, d, x, T[d], a), d = "checked", S != null && S != e[d] && oe(e, d, S, T[d], a));
	} else T === E || c && e.data == E || (e.data = E);
	return e;
}
function pe(e, t, r, i) {
	try {
		typeof e == "function" ? t ? t.__x = e(t) || 1 : (i &&= i.__c || i.__e) && (t = i.__x) && (i.__x = null, typeof t == "function" ? t() : e(null)) : e.current = t;
	} catch (e) {
		n.__e(e, r);
	}
}
function me(e, t, r) {
	var i, a, o, s;
	if (n.unmount && n.unmount(e), !(i = e.ref) || i.current && i.current != e.__e || pe(i, null, t, e), i = e.__c) {
		if (i.componentWillUnmount) try {
			i.componentWillUnmount();
		} catch (e) {
			n.__e(e, t);
		}
		i.__P = i.__n = null;
	}
	if (i = e.__k) for (s = 0; s < i.length; s++) i[s] && me(i[s], t, typeof e.type != "function" || r && !e.props.__P);
	!r && (i = e.__c) && (i = i.__z) && (a = le(i, o = [])) && (i == e.__e && o.some(b), b(a), b(i)), r || b(e.__e), e.__e = e.__c = e.__ = null;
}
function he(e, t, n) {
	return this.constructor(e, n);
}
function ge(e, t) {
	var r, i, a, o;
	n.__ && n.__(e, t), t.nodeType == 9 && (t = t.documentElement), i = (r = e && 32 & e.__u) ? null : t.__k, t.__k = x(S, { children: [e] }), a = [], o = [], ce(t, t.__k, i || m, m, t.namespaceURI, i ? null : t.firstChild ? v.call(t.childNodes) : null, a, i ? i.__e : t.firstChild, r, o), de(a, t.__k, o), t.__k.props.children = null;
}
function _e(e) {
	function t(e) {
		var n, r;
		return this.getChildContext || (n = /* @__PURE__ */ new Set(), (r = {})[t.__c] = this, this.getChildContext = function() {
			return r;
		}, this.shouldComponentUpdate = function(e) {
			this.props.value != e.value && n.forEach(function(e) {
				e.__g |= 4, D(e);
			});
		}, this.sub = function(e) {
			n.add(e);
			var t = e.componentWillUnmount;
			e.componentWillUnmount = function() {
				n.delete(e), t && t.call(e);
			};
		}), e.children;
	}
	return t.__c = "__cC" + f++, t.__ = e, t.Provider = (t.Consumer = function(e, t) {
		return e.children(t);
	}).contextType = t, t;
}
n = { __e: function(e, t, n, r) {
	for (var i, a, s; t = t.__;) if ((i = t.__c) && !(1 & i.__g)) {
		i.__g |= 4;
		try {
			if ((s = (a = i.constructor) && a.getDerivedStateFromError) && i.setState(a.getDerivedStateFromError(e)), i.componentDidCatch && (i.componentDidCatch(e, r || {}), s = 1), s && 8 & i.__g) return void (i.__g |= 2);
		} catch (t) {
			e = t;
		}
	}
	throw o = 0, e;
} }, r = 0, C.prototype.setState = function(e, t) {
	var n = this.__s;
	n && n != this.state || (n = this.__s = y({}, this.state)), typeof e == "function" && (e = e(y({}, n), this.props)), e && (y(n, e), this.__v && (t && this.__k.push(t), D(this)));
}, C.prototype.forceUpdate = function(e) {
	this.__v && (this.__g |= 4, e && this.__h.push(e), D(this));
}, C.prototype.render = S, i = [], o = 0, s = function(e, t) {
	return e.__v.__b - t.__v.__b;
}, c = Symbol(), l = /(PointerCapture)$|Capture$/i, u = 0, d = {}, f = 0;
// node_modules/preact/hooks/dist/hooks.mjs
var ve, O, ye, be, xe = Object.is, Se = 0, Ce = [], we = [], k = n, Te = k.__b, Ee = k.__r, De = k.diffed, Oe = k.__c, ke = k.unmount, Ae = k.__;
function je(e, t) {
	k.__h && k.__h(O, e, Se || t), Se = 0;
	var n = O.__H || (O.__H = {
		__: [],
		__h: []
	});
	return e >= n.__.length && n.__.push({}), n.__[e];
}
function A(e) {
	return Se = 1, Me(We, e);
}
function Me(e, t, n) {
	var r = je(ve++, 2);
	if (r.t = e, !r.__c && (r.__ = [n ? n(t) : We(void 0, t), function(e) {
		var t = (r.__N || r.__)[0], n = r.t(t, e);
		xe(t, n) || (r.__N = [n, r.__[1]], r.__c.setState({}));
	}], r.__c = O, !O.__f)) {
		O.__f = !0;
		var i = O.shouldComponentUpdate;
		O.shouldComponentUpdate = function(e, t, n) {
			var r = this.__H;
			if (!r) return !0;
			var a = !1, o = this.props != e;
			if (r.__.some(function(e) {
				e.__N && (a = !0, xe(e.__[0], e.__N[0]) || (o = !0));
			}), i) {
				var s = i.call(this, e, t, n);
				return a ? s || o : s;
			}
			return !a || o;
		};
	}
	return r.__;
}
function j(e, t) {
	var n = je(ve++, 3);
	!k.__s && Ue(n.__H, t) && (n.__P = !0, n.__ = e, n.u = t, O.__H.__h.push(n));
}
function Ne(e, t) {
	var n = je(ve++, 4);
	!k.__s && Ue(n.__H, t) && (n.__P = !1, n.__ = e, n.u = t, O.__h.push(n));
}
function M(e) {
	return Se = 5, N(function() {
		return { current: e };
	}, []);
}
function N(e, t) {
	var n = je(ve++, 7);
	return Ue(n.__H, t) && (n.__ = e(), n.__H = t), n.__;
}
function Pe(e, t) {
	return Se = 8, N(function() {
		return e;
	}, t);
}
function Fe(e) {
	var t = O.context[e.__c], n = je(ve++, 9);
	return n.c = e, t ? (n.__ ?? (n.__ = !0, t.sub(O)), t.props.value) : e.__;
}
function Ie() {
	var e = je(ve++, 11);
	if (!e.__) {
		for (var t = O.__v; !t.__m && t.__;) t = t.__;
		var n = t.__m || (t.__m = [0, 0]);
		e.__ = "P" + n[0] + "-" + n[1]++;
	}
	return e.__;
}
function Le() {
	var e;
	do {
		for (; e = we.shift();) try {
			Ve(e);
		} catch (t) {
			k.__e(t, { __: (e = e.__P) && e.__v });
		}
		for (; e = Ce.shift();) {
			var t = e.__H;
			if (e.__P && t) try {
				t.__h.some(Ve), t.__h.some(He), t.__h = [];
			} catch (n) {
				t.__h = [], k.__e(n, e.__v);
			}
		}
	} while (we.length);
}
k.__b = function(e) {
	O = null, Te && Te(e);
}, k.__ = function(e, t) {
	e && t.__k && t.__k.__m && (e.__m = t.__k.__m), Ae && Ae(e, t);
}, k.__r = function(e) {
	Ee && Ee(e), ve = 0;
	var t = (O = e.__c).__H;
	t && (ye == O ? O.__h = [] : (t.__h.some(Ve), t.__h.some(He), ve = 0), t.__h = [], t.__.some(function(e) {
		e.__N && (e.__ = e.__N), e.u = e.__N = void 0;
	})), ye = O;
}, k.diffed = function(e) {
	De && De(e);
	var t = e.__c;
	t && t.__H && (t.__H.__h.length && Be(Ce.push(t)), t.__H.__.some(function(e) {
		e.u && (e.__H = e.u);
	})), ye = O = null;
}, k.__c = function(e, t) {
	t.some(function(e) {
		try {
			e.__h.some(Ve), e.__h = e.__h.filter(function(e) {
				return !e.__ || He(e);
			});
		} catch (t) {
			e.__h = [function() {
				throw t;
			}];
		}
	}), Oe && Oe(e, t);
}, k.unmount = function(e) {
	ke && ke(e);
	var t, n, r = e.__c;
	r && r.__H && (r.__H.__.some(function(r) {
		try {
			if (r.__P && r.__c) {
				if (n === void 0) {
					for (n = e.__; n && (!n.__c || !n.__c.__P);) n = n.__;
					n &&= n.__c;
				}
				r.__P = n, Be(we.push(r));
			} else Ve(r);
		} catch (e) {
			t = e;
		}
	}), r.__H = void 0, t && k.__e(t, r.__v));
};
var Re = typeof requestAnimationFrame == "function";
function ze(e) {
	var t, n = function() {
		clearTimeout(r), Re && cancelAnimationFrame(t), setTimeout(e);
	}, r = setTimeout(n, 35);
	Re && (t = requestAnimationFrame(n));
}
function Be(e) {
	e != 1 && be == k.requestAnimationFrame || ((be = k.requestAnimationFrame) || ze)(Le);
}
function Ve(e) {
	var t = O, n = e.__c;
	typeof n == "function" && (e.__c = void 0, n()), O = t;
}
function He(e) {
	var t = O;
	e.__c = e.__(), O = t;
}
function Ue(e, t) {
	return !e || e.length != t.length || t.some(function(t, n) {
		return !xe(t, e[n]);
	});
}
function We(e, t) {
	return typeof t == "function" ? t(e) : t;
}
// src/shell.ts
var Ge = _e(null);
function P() {
	let e = Fe(Ge);
	if (!e) throw Error("no shell");
	return e;
}
function Ke(e, t = !1) {
	let n = P(), r = M(e);
	r.current = e, Ne(() => {
		let e = new Proxy({}, {
			get: (e, t) => typeof t == "string" ? r.current[t] : void 0,
			has: (e, t) => typeof t == "string" && t in r.current
		});
		return n.listen(e, t);
	}, [n, t]);
}
function qe(e) {
	return e.ctrlKey || e.metaKey ? `Ctrl+${e.key.toLowerCase()}` : e.shiftKey && e.key.length > 1 ? `Shift+${e.key}` : e.key;
}
function Je(e) {
	let t = e.composedPath()[0] ?? e.target;
	return !t || !("tagName" in t) ? !1 : t.tagName === "INPUT" ? ![
		"button",
		"checkbox",
		"radio",
		"range"
	].includes(t.type) : t.tagName === "TEXTAREA" || t.tagName === "SELECT" || t.isContentEditable;
}
async function Ye(e, t) {
	try {
		return await navigator.clipboard.writeText(e), !0;
	} catch {
		let n = document.createElement("textarea");
		n.value = e, n.setAttribute("aria-hidden", "true"), t.append(n), n.select();
		let r = document.execCommand("copy");
		return n.remove(), r;
	}
}
function Xe(e, t, n = "application/json") {
	let r = typeof t == "string" ? new Blob([t], { type: n }) : t, i = document.createElement("a");
	i.href = URL.createObjectURL(r), i.download = e.replace(/[^A-Za-z0-9._-]+/g, "_"), i.click(), setTimeout(() => URL.revokeObjectURL(i.href), 1e4);
}
function Ze(e, t = Qe.get("boost") ?? "1") {
	e.style.setProperty("--boost", t === "1" ? "none" : `contrast(${Number(t) || 1})`);
}
var Qe = {
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
function $e(e, t) {
	let n = M([]);
	return j(() => {
		let r = (e) => {
			let t = e, r = qe(t), i = t.ctrlKey || t.metaKey;
			if (t.defaultPrevented || t.altKey || i && r !== "Ctrl+k" || Je(t) && t.key !== "Escape" && !i) return;
			let a = t.composedPath()[0];
			if ((t.key === "Enter" || t.key === " ") && a.closest?.("a,button,summary,select")) return;
			let o = n.current.filter((e) => e.modal).slice(-1), s = (o.length ? o : n.current).findLast(({ keys: e }) => r in e);
			s && (t.preventDefault(), s.keys[r]?.(t));
		}, i = t ? document : e;
		return i.addEventListener("keydown", r), () => i.removeEventListener("keydown", r);
	}, [e, t]), N(() => (e, t = !1) => {
		let r = {
			keys: e,
			modal: t
		};
		return n.current.push(r), () => {
			n.current = n.current.filter((e) => e !== r);
		};
	}, []);
}
function et(e) {
	let t = e.dataset.theme ? e.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
	e.dataset.theme = t ? "light" : "dark", Qe.set("theme", e.dataset.theme);
}
// node_modules/preact/jsx-runtime/dist/jsxRuntime.mjs
var tt = Symbol.for("pv"), nt = 0;
Array.isArray;
function F(e, t, r, i, a, o) {
	t ||= {};
	var s, c, l = t;
	if ("ref" in l && typeof e != "function") for (c in l = {}, t) c == "ref" ? s = t[c] : l[c] = t[c];
	var u = {
		type: e,
		props: l,
		key: r,
		ref: s,
		__k: null,
		__: null,
		__b: 0,
		__e: null,
		__c: null,
		constructor: tt,
		__v: --nt,
		__i: -1,
		__u: 0
	};
	return (a || o) && (u.__source = a, u.__self = o), n.vnode && n.vnode(u), u;
}
// src/parts/frame.tsx
var rt = () => /* @__PURE__ */ F("svg", {
	viewBox: "0 0 24 24",
	"aria-hidden": "true",
	children: [
		/* @__PURE__ */ F("rect", {
			x: "1.5",
			y: "1.5",
			width: "21",
			height: "21",
			rx: "3"
		}),
		/* @__PURE__ */ F("rect", {
			x: "6.5",
			y: "6.5",
			width: "11",
			height: "11",
			rx: "1.5"
		}),
		/* @__PURE__ */ F("circle", {
			cx: "12",
			cy: "12",
			r: "2"
		})
	]
});
function it({ main: e }) {
	return /* @__PURE__ */ F("a", {
		class: "skip",
		href: "#main",
		onClick: (t) => {
			t.preventDefault(), e()?.focus();
		},
		children: "Skip to content"
	});
}
var at = ({ theme: e, help: t }) => /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F("button", {
	class: "icon",
	type: "button",
	onClick: e,
	"aria-label": "Light or dark",
	title: "Light or dark (d)",
	children: /* @__PURE__ */ F("svg", {
		viewBox: "0 0 24 24",
		"aria-hidden": "true",
		children: [/* @__PURE__ */ F("circle", {
			cx: "12",
			cy: "12",
			r: "8"
		}), /* @__PURE__ */ F("path", {
			d: "M12 4a8 8 0 0 1 0 16z",
			class: "shaded"
		})]
	})
}), /* @__PURE__ */ F("button", {
	class: "icon",
	type: "button",
	onClick: t,
	"aria-label": "Keyboard",
	title: "Keyboard (?)",
	children: "?"
})] }), ot = ({ rows: e, class: t }) => /* @__PURE__ */ F("dl", {
	class: t,
	children: e.map(([e, t]) => /* @__PURE__ */ F("div", { children: [/* @__PURE__ */ F("dt", { children: /* @__PURE__ */ F("kbd", { children: e }) }), /* @__PURE__ */ F("dd", { children: t })] }, e))
});
function st(e) {
	let [t, n] = A(e.hash());
	return j(() => {
		let t = () => n(e.hash());
		return t(), e.subscribe(t);
	}, [e]), t;
}
var ct = class {
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
}, lt = _e(null);
function I() {
	let e = Fe(lt);
	if (!e) throw Error("no atlas");
	return e;
}
function L(e, t) {
	let n = Fe(lt), r = (t ?? n)?.store, [, i] = A(0), [a, o] = A(null), s = e === null ? void 0 : r?.peek(e), c = s !== void 0 && s.value !== void 0;
	return j(() => {
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
function ut() {
	return L("atlases").value ?? dt;
}
var dt = [];
function ft() {
	return L("experiments").value;
}
function R(e, t) {
	let n = Fe(lt), r = t ?? n, i = e === null || !r ? void 0 : r.store.host.picture(e, r.name), a = typeof i == "string" ? i : void 0, [o, s] = A(null);
	return j(() => {
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
	let t = R(e), [n, r] = A(null);
	return j(() => {
		if (t === void 0) return;
		let e = new Image();
		return e.onerror = () => r(t), e.src = t, () => {
			e.onerror = null;
		};
	}, [t]), t !== void 0 && n === t;
}
async function mt(e, t) {
	let n = new ct(e, t), r = await n.load("manifest");
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
function z(e, t, n) {
	let r = e.manifest.subset?.[t];
	return r && !r.includes(n) ? void 0 : ht(e, t);
}
function B(e, t) {
	return e.replace(/\{(\w+)\}/g, (e, n) => String(t[n] ?? ""));
}
// src/classes.ts
function gt(e = !0) {
	let { manifest: t } = I(), n = t.classes !== void 0, r = t.paths.logits !== void 0, i = L(e && n ? "classes/index" : null), a = L(e && r ? "logits/index" : null), o = (!n || !!(i.value ?? i.error)) && (!r || !!(a.value ?? a.error));
	return N(() => ({
		collection: i.value,
		network: a.value,
		ready: o
	}), [
		i.value,
		a.value,
		o
	]);
}
var _t = (e, t, n) => e?.layers.includes(t) ? e.names[n] ?? null : null;
function vt(e, t) {
	let n = I(), { manifest: r } = t ?? n, i = e !== void 0 && r.paths.logits !== void 0 && (e.units.named || e.channels === r.model.classes), a = L(i ? "logits/index" : null, t), o = L(e?.units.named && (!i || a.error !== null || a.value !== null && !a.value.layers.includes(e.name)) ? `layers/${e.id}` : null, t).value;
	return (t) => (e && _t(a.value, e.name, t)) ?? o?.names?.[t] ?? null;
}
var yt = (e, t) => (e ?? []).flatMap((e, n) => e === t ? [n] : []), bt = (e) => encodeURIComponent(e).replace(/%3A/g, ":").replace(/%2F/g, "/");
function xt(e) {
	try {
		return decodeURIComponent(e);
	} catch {
		return e;
	}
}
function St(e) {
	let t = e.replace(/^#\/?/, ""), n = t.indexOf("?"), r = n < 0 ? t : t.slice(0, n), i = new URLSearchParams(n < 0 ? "" : t.slice(n + 1)), [a = "", ...o] = r.split("/"), s = xt(o.join("/")), c = {
		"": "home",
		l: "layer",
		u: "unit",
		c: s ? "class" : "classes",
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
function V(e, t) {
	let n = new URLSearchParams();
	for (let [e, r] of Object.entries(t)) r != null && r !== "" && n.set(e, String(r));
	let r = n.toString();
	return r ? `${e}?${r}` : e;
}
var H = (e, t = {}) => V(`#/l/${bt(e)}`, t), U = (e, t) => `#/u/${bt(`${e}:${t}`)}`, Ct = (e) => `#/c/${bt(e)}`, W = (e) => `#/i/${e}`, wt = (e) => `#/e/${bt(e)}`, Tt = (e, t, n = "") => V("#/compare", {
	a: e,
	b: t,
	with: n
}), Et = (e) => e.page === "unit" && e.query.has("embed");
function G(e) {
	let t = /^(.+?):(\d+)(@\d+,\d+)?$/.exec(e.trim());
	return t ? {
		layer: t[1],
		channel: Number(t[2])
	} : null;
}
function Dt(e) {
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
// src/parts/small.tsx
function K({ text: e, plain: t }) {
	return /* @__PURE__ */ F("bdi", {
		class: t ? "name" : "name cut-name",
		title: e,
		children: e
	});
}
function Ot({ rows: e }) {
	return /* @__PURE__ */ F("dl", {
		class: "facts",
		children: e.map(([e, t]) => /* @__PURE__ */ F("div", { children: [/* @__PURE__ */ F("dt", { children: e }), /* @__PURE__ */ F("dd", { children: t })] }, e))
	});
}
function q(e) {
	let t = Ie();
	return /* @__PURE__ */ F("section", {
		class: e.class ?? "panel",
		"aria-labelledby": t,
		children: [
			/* @__PURE__ */ F("h2", {
				id: t,
				children: e.title
			}),
			e.note !== void 0 && /* @__PURE__ */ F("p", {
				class: "note",
				children: e.note
			}),
			e.children
		]
	});
}
function kt({ field: e, input: t }) {
	let [, n, r] = t, i = e ? Math.max(.07, Math.min(1, e.size[0] / n)) : 1, a = e ? Math.max(.07, Math.min(1, e.size[1] / r)) : 1;
	return /* @__PURE__ */ F("svg", {
		class: "glyph",
		viewBox: "0 0 30 30",
		"aria-hidden": "true",
		children: [/* @__PURE__ */ F("rect", {
			class: "frame",
			x: "1",
			y: "1",
			width: "28",
			height: "28"
		}), /* @__PURE__ */ F("rect", {
			class: "filled",
			x: 15 - 14 * a,
			y: 15 - 14 * i,
			width: 28 * a,
			height: 28 * i
		})]
	});
}
function J({ title: e, children: t }) {
	return /* @__PURE__ */ F("div", {
		class: "problem",
		role: "alert",
		children: [
			/* @__PURE__ */ F("h1", { children: e }),
			/* @__PURE__ */ F("p", {
				class: "lead",
				children: t
			}),
			/* @__PURE__ */ F("p", { children: /* @__PURE__ */ F("a", {
				href: "#/",
				children: "All layers"
			}) })
		]
	});
}
function At({ name: e }) {
	let { manifest: t } = I(), n = L("network");
	if (!n.value && !n.error) return /* @__PURE__ */ F(Y, { what: "the network" });
	let r = n.value?.layers.some((t) => t.name === e);
	return /* @__PURE__ */ F(J, {
		title: "No such layer",
		children: [
			r ? `The network has a layer “${e}”, and this atlas does not show it: build it again with --layers.` : `Layer “${e}” is not in this atlas.`,
			" It shows",
			" ",
			t.layers.slice(0, 12).map((e, t) => /* @__PURE__ */ F("span", { children: [t > 0 && ", ", /* @__PURE__ */ F("a", {
				href: H(e.name),
				children: e.name
			})] }, e.id)),
			t.layers.length > 12 && ", …"
		]
	});
}
function jt({ name: e, number: t }) {
	let { manifest: n } = I(), r = /* @__PURE__ */ F(K, { text: e ?? `class ${t}` });
	return e !== void 0 && n.classes ? /* @__PURE__ */ F("a", {
		href: Ct(e),
		children: r
	}) : r;
}
function Mt({ layer: e, channel: t, from: n, children: r }) {
	let i = vt(e, n)(t);
	return /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F("span", {
		class: "caption",
		children: [/* @__PURE__ */ F("b", { children: [/* @__PURE__ */ F("span", {
			class: "heard",
			children: "Unit "
		}), t] }), r]
	}), i !== null && /* @__PURE__ */ F("small", {
		class: "called",
		children: /* @__PURE__ */ F(K, { text: i })
	})] });
}
function Nt({ unit: e, from: t }) {
	let n = I(), r = G(e), i = vt(r ? ht(t ?? n, r.layer) : void 0, t)(r?.channel ?? -1);
	return i === null ? /* @__PURE__ */ F(K, { text: e }) : /* @__PURE__ */ F("span", {
		class: "logit",
		children: [
			/* @__PURE__ */ F(K, {
				text: i,
				plain: !0
			}),
			" ",
			/* @__PURE__ */ F("small", {
				class: "quiet",
				children: e
			})
		]
	});
}
var Y = ({ what: e }) => /* @__PURE__ */ F("p", {
	class: "quiet loading",
	role: "status",
	children: [
		"Loading ",
		e,
		"…"
	]
});
function Pt(e) {
	return /* @__PURE__ */ F("div", {
		class: "choice",
		role: "group",
		"aria-label": e.label,
		children: e.options.map(([t, n]) => /* @__PURE__ */ F("button", {
			type: "button",
			"aria-pressed": e.value === t,
			onClick: () => e.change(t),
			children: n
		}, t))
	});
}
var Ft = [
	"1",
	"2",
	"4"
];
function It() {
	let { root: e } = P(), [t, n] = A(Qe.get("boost") ?? "1"), r = (t) => {
		Ze(e, t), Qe.set("boost", t), n(t);
	};
	return Ke({ e: () => r(Ft[(Ft.indexOf(t) + 1) % Ft.length] ?? "1") }), /* @__PURE__ */ F("span", {
		class: "contrast",
		children: [/* @__PURE__ */ F("span", {
			"aria-hidden": "true",
			children: "Contrast"
		}), /* @__PURE__ */ F(Pt, {
			label: "Contrast of projections",
			value: t,
			options: Ft.map((e) => [e, `${e}×`]),
			change: r
		})]
	});
}
// src/parts/Further.tsx
function Lt({ what: e, children: t }) {
	let { host: n } = I().store, [r] = A(() => n.more()), [i, a] = A(r instanceof Promise ? null : r), [o, s] = A("");
	return Ne(() => {
		r instanceof Promise && r.then(a, (e) => s(e.message));
	}, [r]), o ? /* @__PURE__ */ F(J, {
		title: "This view cannot be shown",
		children: o
	}) : i ? t(i) : /* @__PURE__ */ F(Y, { what: e });
}
// src/parts/Header.tsx
function Rt(e) {
	let t = e.page === "unit" ? G(e.rest) : null;
	return t ? [{
		words: t.layer,
		href: H(t.layer, { at: t.channel })
	}, {
		words: String(t.channel),
		href: null
	}] : e.page === "layer" ? [{
		words: e.rest,
		href: null
	}] : e.page === "class" ? [{
		words: "Classes",
		href: "#/c"
	}, {
		words: e.rest,
		href: null
	}] : e.page === "classes" ? [{
		words: "Classes",
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
function zt({ route: e, help: t, search: n }) {
	let r = P(), i = Rt(e), a = i.length > 1 ? i[0]?.href ?? "#/" : i.length ? "#/" : null, o = ["layer", "classes"].includes(e.page) || i.length > 1, s = ft(), c = [
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
	return s?.length && c.push([
		"#/e",
		"Experiments",
		e.page.startsWith("experiment")
	]), /* @__PURE__ */ F("header", {
		class: "top",
		children: [
			/* @__PURE__ */ F(it, { main: () => r.root.querySelector("#main") }),
			/* @__PURE__ */ F("a", {
				class: "brand",
				href: "#/",
				"aria-label": "convscope: home",
				id: a === "#/" && !o ? "up" : void 0,
				children: [/* @__PURE__ */ F(rt, {}), /* @__PURE__ */ F("span", { children: "convscope" })]
			}),
			/* @__PURE__ */ F("nav", {
				class: "sections",
				"aria-label": "Sections",
				children: [c.map(([e, t, n]) => /* @__PURE__ */ F("a", {
					href: e,
					"aria-current": n ? "true" : void 0,
					children: t
				}, e)), l && /* @__PURE__ */ F("a", {
					href: l,
					children: "Bench"
				})]
			}),
			/* @__PURE__ */ F("button", {
				id: "search-all",
				class: "jump",
				type: "button",
				onClick: n,
				title: "Search (/ or Ctrl K)",
				children: [
					/* @__PURE__ */ F("span", { children: "Search" }),
					" ",
					/* @__PURE__ */ F("kbd", {
						"aria-hidden": "true",
						children: "/"
					})
				]
			}),
			/* @__PURE__ */ F(at, {
				theme: r.toggleTheme,
				help: t
			}),
			o && /* @__PURE__ */ F("nav", {
				class: "trail",
				"aria-label": "Where you are",
				children: [[
					"layer",
					"unit",
					"class",
					"classes"
				].includes(e.page) && /* @__PURE__ */ F("a", {
					href: "#/",
					id: a === "#/" ? "up" : void 0,
					children: "Layers"
				}), i.map((e) => e.href ? /* @__PURE__ */ F("a", {
					href: e.href,
					id: e.href === a ? "up" : void 0,
					children: /* @__PURE__ */ F(K, { text: e.words })
				}, e.words) : /* @__PURE__ */ F("span", {
					"aria-current": "page",
					children: /* @__PURE__ */ F(K, { text: e.words })
				}, e.words))]
			})
		]
	});
}
// src/parts/KeyHelp.tsx
var Bt = [
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
function Vt(e) {
	let t = M(null), n = M(!1);
	return Ne(() => {
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
function Ht({ close: e }) {
	return Ke({
		Escape: e,
		"?": e
	}, !0), /* @__PURE__ */ F("div", {
		class: "modal",
		"aria-label": "Keyboard",
		...Vt(e),
		children: /* @__PURE__ */ F("div", {
			class: "sheet help",
			children: [
				/* @__PURE__ */ F("button", {
					class: "icon close",
					type: "button",
					onClick: e,
					"aria-label": "Close",
					"data-first": !0,
					children: "×"
				}),
				/* @__PURE__ */ F("h2", { children: "Keyboard" }),
				/* @__PURE__ */ F("div", {
					class: "columns",
					children: Bt.map(([e, t]) => /* @__PURE__ */ F("section", { children: [/* @__PURE__ */ F("h3", { children: e }), /* @__PURE__ */ F(ot, { rows: t })] }, e))
				})
			]
		})
	});
}
// src/marks.ts
var Ut = 2e3;
function Wt(e) {
	let t;
	try {
		t = JSON.parse(e ?? "{}");
	} catch {
		return {};
	}
	return typeof t != "object" || !t || Array.isArray(t) ? {} : Object.fromEntries(Object.entries(t).filter((e) => typeof e[1] == "string").map(([e, t]) => [e, t.slice(0, Ut)]));
}
function Gt(e) {
	let t = `marks.${e?.model.fingerprint.slice(0, 16) ?? ""}`, n = /* @__PURE__ */ new Set(), r = Wt(Qe.get(t)), i = (e) => {
		r = e, Qe.set(t, JSON.stringify(e)), n.forEach((e) => e());
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
			[e]: t.slice(0, Ut)
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
var Kt = _e(Gt(null));
function qt() {
	let e = Fe(Kt), [, t] = A(0);
	return j(() => e.subscribe(() => t((e) => e + 1)), [e]), e;
}
// src/search.ts
function Jt(e) {
	let t = e.trim().toLowerCase(), n = t.split(/\s+/).map((e) => ({
		word: e,
		begun: RegExp(`(^|[^\\p{L}\\p{N}])${e.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}`, "u")
	}));
	return (e) => {
		let r = e.toLowerCase();
		return !t || !n.every(({ word: e }) => r.includes(e)) ? null : r === t ? 0 : r.startsWith(t) ? 1 : n.every(({ begun: e }) => e.test(r)) ? 2 : 3;
	};
}
function Yt(e, t, n, r) {
	let i = Jt(n), a = e.flatMap((e, n) => {
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
function Xt(e) {
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
function X(e) {
	if (e == null || Number.isNaN(e)) return "–";
	let t = Math.abs(e);
	return t === 0 ? "0" : t >= 1e5 || t < .001 ? e.toExponential(2) : String(Number(e.toPrecision(4)));
}
function Zt(e) {
	return /^-?\d+\.\d+$|e/i.test(e) && e.replace(/e.*|^[-0.]+|\./gi, "").length > 4 ? X(Number(e)) : e;
}
function Qt(e, t = "") {
	return Object.entries(e).flatMap(([e, n]) => n == null ? [[t + e, "–"]] : Array.isArray(n) && n.every((e) => typeof e != "object") ? [[t + e, n.join(", ") || "none"]] : typeof n == "object" && !Array.isArray(n) ? Qt(n, `${t}${e}.`) : [[t + e, typeof n == "string" ? n : JSON.stringify(n)]]);
}
var $t = (e) => e == null ? "–" : `${X(100 * e)} %`, en = (e) => e == null ? "–" : `${Math.round(100 * e)} %`, Z = (e, t, n = `${t}s`) => `${e.toLocaleString("en")} ${e === 1 ? t : n}`;
function tn(e) {
	return e.spatial ? `${e.channels} × ${e.height} × ${e.width}` : String(e.channels);
}
var nn = (e) => e[0] === e[1] ? X(e[0]) : `${X(e[0])} × ${X(e[1])}`;
function rn({ field: e, gates: t, exact: n }) {
	let r = [t === "part" ? "of a gate" : t === "held" ? "gates held" : "", n === !1 ? "at most" : ""], i = e === null ? "whole image" : `${nn(e.size)} px, stride ${nn(e.stride)}`, a = r.filter(Boolean).join(", ");
	return a ? `${i} (${a})` : i;
}
var an = (e, ...t) => t.every((t) => e.some((e) => e.startsWith(t)));
function on(e, t) {
	let [n, r] = [t.map((t) => t.name.slice(e.length + 1)), t.at(-1)?.op], i = e.slice(e.lastIndexOf(".") + 1);
	return an(n, "squeeze", "expand") ? `fire ${/^\d+$/.test(i) ? i : e}` : r === "cat" && an(n, "branch") ? `inception ${e}` : t.some((e) => e.op === "add") && an(n, "conv") ? `residual block ${e}` : "";
}
function sn(e, t) {
	let [n, r] = e.split("~");
	if (r !== void 0) return r.includes(".") ? "" : `directions of ${n}`;
	let i = e.slice(0, Math.max(0, e.lastIndexOf("."))), a = i ? t.filter((e) => e.name.startsWith(`${i}.`) && !e.name.includes("~")) : [];
	if (a.length < 3 || a.at(-1)?.name !== e) return "";
	let o = on(i, a);
	return o ? `${o}, output` : `output of ${i}`;
}
var cn = .9, ln = ({ control: e }) => (e?.median ?? 0) > cn;
function un(e) {
	return e < 1e3 ? `${e} B` : e < 1e6 ? `${Math.round(e / 1e3)} kB` : `${X(e / 1e6)} MB`;
}
var dn = (e) => e.replace("T", " ").replace("Z", " UTC"), Q = (e) => e.slice(e.lastIndexOf("/") + 1) || e, fn = 64;
function pn({ path: e, grid: t, panel: n, cell: r, side: i, label: a, boost: o, part: s, from: c }) {
	let l = R(e, c), u = i / Math.max(t.width, t.height), [d, f, p, m] = s ?? [
		0,
		0,
		1,
		1
	], h = u / m, g = h > 2 && (t.lossless || Math.max(t.width, t.height) <= fn), [_, v] = h > 1 ? [(g ? .02 : .5) / t.height, (g ? .02 : .5) / t.width] : [0, 0], [y, b, x, S] = [
		d + _,
		f + v,
		p - 2 * _,
		m - 2 * v
	], [C, w] = [u / x, u / S], T = (n * t.columns + r % t.columns) * t.pitchX + b * t.width, E = Math.floor(r / t.columns) * t.pitchY + y * t.height, D = a ? {
		role: "img",
		"aria-label": a
	} : { "aria-hidden": !0 };
	return /* @__PURE__ */ F("span", {
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
var mn = ({ side: e }) => /* @__PURE__ */ F("span", {
	class: "tile none",
	"aria-hidden": "true",
	style: {
		width: `${e}px`,
		height: `${e}px`
	}
});
function $(e) {
	let t = I(), { layer: n, channel: r, kind: i, side: a, label: o, from: s = null } = e, c = n.sheet;
	return /* @__PURE__ */ F(pn, {
		path: B((s ?? t).manifest.paths[i], {
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
function hn(e, t) {
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
function gn(e) {
	let t = I(), { layer: n, unit: r, kind: i, rank: a, side: o, zoom: s, region: c = [
		0,
		0,
		1
	], from: l = null } = e, { paths: u } = (l ?? t).manifest, d = s ? hn(r, a) : null, f = d !== null && n.content?.kept === !0 && u.content !== void 0;
	return /* @__PURE__ */ F(pn, {
		path: r.dead || r.values[a] === 0 ? null : B(f ? u.content : u.sprite, {
			layer: n.id,
			channel: r.channel
		}),
		grid: n.sprite,
		panel: i === "photos" ? 0 : 1,
		cell: a,
		side: o,
		boost: i === "projections",
		part: _n(f ? null : d, c),
		from: l
	});
}
function _n(e, [t, n, r]) {
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
function vn([e, t, n], r) {
	let i = Math.max(1 / 8, Math.min(1, n / (r.times ?? 1))), [a, o] = r.at ?? [.5, .5], s = (e) => Math.max(0, Math.min(1 - i, e));
	return [
		s(e + (r.down ?? 0) * n + a * (n - i)),
		s(t + (r.right ?? 0) * n + o * (n - i)),
		i
	];
}
// src/parts/WholeImage.tsx
function yn(e, t) {
	let n = e.manifest.paths.image;
	return n === null ? null : B(n, {
		image: t,
		thousand: Math.floor(t / 1e3)
	});
}
function bn({ image: e, name: t, box: n, part: r = null, region: i = [
	0,
	0,
	1
], from: a = null, square: o, over: s = null }) {
	let c = I(), l = a ?? c, [, u, d] = l.manifest.model.input, f = R(yn(l, e), a), [p, m] = A(null), h = f !== void 0 && f !== p, [g, _, v, y] = n ?? [
		0,
		0,
		u,
		d
	], b = n ? Math.min(d / 2, Math.max(0, -g, -_, v - u, y - d)) : 0, [x, C] = [d + 2 * b, u + 2 * b];
	return /* @__PURE__ */ F("svg", {
		class: "whole",
		viewBox: [
			i[1] * x - b,
			i[0] * C - b,
			i[2] * x,
			i[2] * C
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
			/* @__PURE__ */ F("rect", {
				class: "beyond",
				x: -b,
				y: -b,
				width: d + 2 * b,
				height: u + 2 * b
			}),
			h ? /* @__PURE__ */ F("image", {
				href: f,
				width: d,
				height: u,
				preserveAspectRatio: "none",
				onError: () => m(f)
			}) : /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F("rect", {
				class: "missing",
				width: d,
				height: u
			}), (f !== void 0 || l.manifest.paths.image === null) && /* @__PURE__ */ F("text", {
				x: d / 2,
				y: u / 2,
				"font-size": u / 14,
				"text-anchor": "middle",
				children: f === void 0 ? "whole images are not kept" : "image is missing"
			})] }),
			n && /* @__PURE__ */ F(S, { children: [
				/* @__PURE__ */ F("path", {
					class: "shade",
					"fill-rule": "evenodd",
					d: `M${-b} ${-b}h${d + 2 * b}v${u + 2 * b}h${-d - 2 * b}z M${_} ${g}h${y - _}v${v - g}h${_ - y}z`
				}),
				s && r && /* @__PURE__ */ F(xn, {
					...s,
					box: r
				}),
				/* @__PURE__ */ F("rect", {
					class: "field-halo",
					x: _,
					y: g,
					width: y - _,
					height: v - g
				}),
				/* @__PURE__ */ F("rect", {
					class: "field",
					x: _,
					y: g,
					width: y - _,
					height: v - g
				}),
				r && r[2] - r[0] < v - g && /* @__PURE__ */ F("rect", {
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
function xn({ path: e, grid: t, cell: n, box: [r, i, a, o] }) {
	let s = R(e), [c, l] = [n % t.columns * t.pitchX, Math.floor(n / t.columns) * t.pitchY];
	return /* @__PURE__ */ F("svg", {
		class: "laid",
		x: i,
		y: r,
		width: o - i,
		height: a - r,
		viewBox: `${c + .5} ${l + .5} ${t.width - 1} ${t.height - 1}`,
		preserveAspectRatio: "none",
		children: s && /* @__PURE__ */ F("image", {
			href: s,
			width: t.panels * t.columns * t.pitchX,
			height: t.rows * t.pitchY
		})
	});
}
function Sn({ image: e, side: t }) {
	let n = R(yn(I(), e));
	return n ? /* @__PURE__ */ F("img", {
		class: "small-image",
		src: n,
		alt: "",
		width: t,
		height: t,
		loading: "lazy"
	}) : /* @__PURE__ */ F("span", {
		class: "tile none",
		style: {
			width: `${t}px`,
			height: `${t}px`
		}
	});
}
function Cn({ image: e, box: t, label: n }) {
	let r = I(), [, i, a] = r.manifest.model.input, o = R(yn(r, e)), [s, c, l, u] = t, d = n ? {
		role: "img",
		"aria-label": n
	} : { "aria-hidden": !0 };
	return /* @__PURE__ */ F("svg", {
		class: l - s < 40 ? "cut sharp" : "cut",
		viewBox: `${c} ${s} ${u - c} ${l - s}`,
		...d,
		children: [/* @__PURE__ */ F("rect", {
			class: "beyond",
			x: c,
			y: s,
			width: u - c,
			height: l - s
		}), o && /* @__PURE__ */ F("image", {
			href: o,
			width: a,
			height: i,
			preserveAspectRatio: "none"
		})]
	});
}
// src/parts/Search.tsx
var wn = (e) => e.split(/(?=:\d+$)/).map((e, t) => t ? [/* @__PURE__ */ F("wbr", {}, "break"), e] : e), [Tn, En, Dn] = [
	6,
	10,
	40
], On = (e, t, n, r = null) => ({
	href: U(e.name, t),
	words: r ?? `${e.name}:${t}`,
	...r !== null || n ? { more: [r === null ? "" : `${e.name}:${t}`, n ?? ""].filter(Boolean).join(" · ") } : {},
	picture: /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F($, {
		layer: e,
		channel: t,
		kind: "photos",
		side: 44
	}), /* @__PURE__ */ F($, {
		layer: e,
		channel: t,
		kind: "projections",
		side: 44
	})] })
});
function kn(e, t, n, r) {
	let i = n.page === "layer" ? n.rest : G(n.rest)?.layer, a = G(r) ?? {
		layer: "",
		channel: /^\d+$/.test(r) ? Number(r) : -1
	}, { layers: o } = e.manifest, s = o.filter((e) => e.name === (a.layer || i)), c = o.filter((e) => e.name.startsWith(a.layer) && !s.includes(e));
	return [...s, ...s.length && a.layer ? [] : c].filter((t) => a.channel >= 0 && a.channel < t.channels && z(e, t.name, a.channel)).slice(0, Tn).map((e) => On(e, a.channel, "", _t(t, e.name, a.channel)));
}
function An() {
	let e = I(), t = L("network").value, n = L(e.manifest.extras ? "profiles/index" : null).value, r = L("images/index").value, [i, a] = A([]);
	return j(() => {
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
function jn(e, t, n) {
	let { manifest: r, store: i } = I(), a = e.slice(0, Dn), o = a.join(), [s, c] = A({
		key: "",
		hits: []
	});
	return j(() => {
		let e = [...new Set(a.map((e) => Math.floor(e / r.images.shard)))].filter((e) => t?.shards.includes(e)), s = !0;
		return Promise.all(e.map((e) => i.load(`images/${e}`).catch(() => null))).then((e) => {
			if (!s) return;
			let t = Xt(e.flatMap((e) => a.flatMap((t) => e?.images[t]?.wins ?? []))).slice(0, En).flatMap((e) => {
				let t = r.layers[e.layer];
				return t ? [On(t, e.channel, a.length > 1 ? `on ${e.images} of them` : `no. ${e.rank + 1}`, _t(n, t.name, e.channel))] : [];
			});
			c({
				key: o,
				hits: t
			});
		}), () => {
			s = !1;
		};
	}, [
		o,
		t,
		n
	]), s.key === o ? s.hits : [];
}
function Mn(e, t) {
	let n = I(), { manifest: r } = n, { network: i, profiles: a, named: o, index: s } = An(), c = gt(), l = qt().all(), u = N(() => {
		let e = (a?.images ?? []).map((e, t) => ({
			number: e,
			name: a?.names[t] ?? "",
			label: a?.classes[a.labels[t] ?? -1] ?? null
		})), n = /^\d+$/.test(t) ? e.filter((e) => e.number === Number(t)) : [], r = Yt(e, (e) => [e.name, e.label], t, Dn);
		return {
			found: [...n, ...r.found.filter((e) => !n.includes(e))],
			count: Math.max(r.count, n.length)
		};
	}, [a, t]), d = jn(u.found.map((e) => e.number), s, c.network);
	return N(() => {
		if (!t) return [];
		let s = ({ name: e }) => sn(e, i?.layers ?? []), f = Yt(r.layers, (e) => [
			e.name,
			e.op,
			s(e)
		], t, Tn), p = Yt((i?.layers ?? []).filter((e) => !e.shown), (e) => [e.name, e.op], t, 3), m = o.map(({ layer: e, data: r }) => Yt((r.names ?? []).map((e, t) => ({
			name: e,
			channel: t
		})).filter((t) => z(n, e.name, t.channel)), (e) => [e.name], t, Tn).found.map(({ name: t, channel: n }) => On(e, n, "", t))), h = Yt(Object.entries(l), ([e, t]) => [e, t], t, En).found.flatMap(([e, t]) => {
			let r = G(e), i = r && z(n, r.layer, r.channel);
			return r && i ? [On(i, r.channel, `★ ${t}`, _t(c.network, i.name, r.channel))] : [];
		}), g = Yt([.../* @__PURE__ */ new Set([...(c.collection?.names ?? []).filter((e, t) => c.collection?.images[t]), ...c.network?.names ?? []])], (e) => [e], t, En), _ = (e) => a?.images[a.labels.findIndex((t) => a.classes[t] === e)];
		return [
			{
				title: "Unit",
				hits: kn(n, c.network, e, t)
			},
			{
				title: "Layers",
				count: f.count,
				hits: f.found.map((e) => ({
					href: H(e.name),
					words: e.name,
					more: [
						e.op,
						s(e),
						tn(e)
					].filter(Boolean).join(" · "),
					picture: /* @__PURE__ */ F(pn, {
						path: B(r.paths.preview, { layer: e.id }),
						grid: e.preview,
						panel: 0,
						cell: 0,
						side: 44
					})
				}))
			},
			{
				title: "Marked units",
				hits: h
			},
			{
				title: "Classes",
				count: g.count,
				hits: g.found.map((e) => {
					let t = _(e);
					return {
						href: Ct(e),
						words: e,
						more: c.network?.names.includes(e) ? "class of the network" : "label of images",
						...t === void 0 ? {} : { picture: /* @__PURE__ */ F(Sn, {
							image: t,
							side: 44
						}) }
					};
				})
			},
			{
				title: "Units by name",
				cards: !0,
				hits: m.flat()
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
				all: V("#/images", { q: t }),
				hits: u.found.slice(0, En).map((e) => ({
					href: W(e.number),
					words: Q(e.name),
					more: e.label ?? "",
					picture: /* @__PURE__ */ F(Sn, {
						image: e.number,
						side: 44
					})
				}))
			},
			{
				title: "Not in this atlas",
				hits: p.found.map((e) => ({
					href: H(e.name),
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
function Nn({ route: e, close: t }) {
	let { router: n } = P(), r = I(), [i, a] = A(""), [o, s] = A(0), c = M(null), l = i.trim(), u = Mn(e, l), d = u.flatMap((e) => e.hits), f = Math.min(o, d.length - 1);
	Ke({
		Escape: t,
		"Ctrl+k": t
	}, !0);
	let p = Vt(t);
	j(() => c.current?.querySelector(`#hit-${f}`)?.scrollIntoView({ block: "nearest" }), [f]);
	let m = (e) => {
		let r = {
			ArrowDown: 1,
			ArrowUp: -1
		}[e.key];
		if (r) s(Math.max(0, Math.min(d.length - 1, f + r)));
		else if (e.key === "Enter" && d[f]) t(), n.go(d[f].href);
		else return;
		e.preventDefault();
	}, h = -1;
	return /* @__PURE__ */ F("div", {
		class: "modal high",
		"aria-label": "Search",
		...p,
		children: /* @__PURE__ */ F("div", {
			class: "sheet search",
			children: [
				/* @__PURE__ */ F("input", {
					"data-first": !0,
					type: "search",
					role: "combobox",
					list: void 0,
					"aria-expanded": d.length > 0,
					"aria-controls": "hits",
					"aria-activedescendant": d.length ? `hit-${f}` : void 0,
					"aria-label": "Search units, layers, classes and images",
					placeholder: "Unit, layer, class, image, note …",
					autocomplete: "off",
					spellcheck: !1,
					value: i,
					onInput: (e) => {
						a(e.currentTarget.value), s(0);
					},
					onKeyDown: m
				}),
				/* @__PURE__ */ F("div", {
					id: "hits",
					class: "hits",
					role: "listbox",
					"aria-label": "Found",
					ref: c,
					children: u.map((e) => /* @__PURE__ */ F("div", {
						role: "group",
						"aria-label": e.title,
						class: e.cards ? "hit-cards" : "",
						children: [/* @__PURE__ */ F("h3", {
							"aria-hidden": "true",
							children: [e.title, (e.count ?? 0) > e.hits.length && /* @__PURE__ */ F("span", {
								class: "quiet",
								children: [
									" ",
									e.hits.length,
									" of ",
									e.count
								]
							})]
						}), e.hits.map((n) => (h += 1, /* @__PURE__ */ F("a", {
							id: `hit-${h}`,
							role: "option",
							"aria-selected": h === f,
							tabIndex: -1,
							class: "hit",
							href: n.href,
							onClick: t,
							children: [
								e.hits.some((e) => e.picture) && /* @__PURE__ */ F("span", {
									class: "hit-picture",
									children: n.picture
								}),
								/* @__PURE__ */ F("bdi", { children: wn(n.words) }),
								n.more && /* @__PURE__ */ F("bdi", {
									class: "quiet",
									children: n.more
								})
							]
						}, n.href + n.more)))]
					}, e.title))
				}),
				u.flatMap((e) => e.all && (e.count ?? 0) > e.hits.length ? [/* @__PURE__ */ F("p", { children: /* @__PURE__ */ F("a", {
					href: e.all,
					onClick: t,
					children: ["All ", Z(e.count ?? 0, "image")]
				}) }, e.title)] : []),
				/* @__PURE__ */ F("p", {
					class: "quiet",
					role: "status",
					children: l === "" ? "↑ ↓ choose, Enter opens. Units are spelled layer:number; a number alone is a unit of the layer shown." : d.length === 0 ? `Nothing in this atlas has “${l}” in its name. Its layers: ${r.manifest.layers.slice(0, Tn).map((e) => e.name).join(", ")}${r.manifest.layers.length > Tn ? ", …" : ""}.` : ""
				})
			]
		})
	});
}
// src/downloads.ts
var Pn = class extends Error {}, Fn = (e, t, n) => B(e.manifest.paths.sprite, {
	layer: t.id,
	channel: n
}), In = (e, t, n) => t.content?.kept && e.manifest.paths.content ? B(e.manifest.paths.content, {
	layer: t.id,
	channel: n
}) : Fn(e, t, n), Ln = 4, Rn = 16;
function zn(e, t, n, r, i = 0, a = "both") {
	let o = Math.ceil(t / e), s = e * n + (e - 1) * Ln, c = a === "both" ? [0, 1] : a === "photos" ? [0] : [1];
	return {
		cells: c.flatMap((a, o) => Array.from({ length: t }, (t, c) => ({
			rank: c,
			panel: a,
			x: o * (s + Rn) + c % e * (n + Ln),
			y: Math.floor(c / e) * (r + i + Ln)
		}))),
		width: c.length * (s + Rn) - Rn,
		height: o * (r + i + Ln) - Ln
	};
}
async function Bn(e) {
	let t = new Image();
	return t.src = e, await t.decode(), t;
}
async function Vn(e, t, n) {
	let { store: r, manifest: i } = e;
	if (r.host.readable) return r.host.picture(Fn(e, t, n), e.name);
	if (!i.portable) throw new Pn();
	return r.load(`sprites/${t.id}/${n}`);
}
async function Hn(e, t, n, { view: r, reach: i, band: a }) {
	let { store: o, manifest: s } = e, c = async (t) => {
		if (!o.host.readable || t === null) throw new Pn();
		return Bn(await o.host.picture(t, e.name));
	}, l = r !== "projections";
	return {
		sprite: await Bn(await Vn(e, t, n.channel)),
		content: i === "part" && t.content?.kept && o.host.readable ? await c(In(e, t, n.channel)) : null,
		bands: l && a > 0 && i !== "whole" ? await c(B(s.paths.bands ?? "", {
			layer: t.id,
			channel: n.channel
		})) : null,
		whole: l && i === "whole" ? await Promise.all(n.images.map((t) => c(yn(e, t)))) : null
	};
}
var Un = 64;
function Wn(e, t, n, r, i, a, { reach: o, band: s }) {
	let { tile: c } = r, [l, u] = [r.sprite.width * c.enlarge, r.sprite.height * c.enlarge], d = (t, n, r, i, [a, o, s, c], d) => {
		let f = (r * n.columns + i % n.columns) * n.pitchX + o * n.width, p = Math.floor(i / n.columns) * n.pitchY + a * n.height;
		e.imageSmoothingEnabled = c < 1 && Math.max(n.width, n.height) > Un, e.drawImage(t, f, p, c * n.width, s * n.height, d.x, d.y, l, u);
	};
	for (let c of a.cells) {
		let { panel: a, rank: f } = c, p = a === 0 ? n.whole?.[f] : void 0, m = o === "part" && hn(i, f) || null;
		p ? Kn(e, p, t.manifest.model.input, i.boxes[f] ?? null, [
			c.x,
			c.y,
			l,
			u
		]) : a === 0 && n.bands && r.bands ? d(n.bands, r.bands, 0, (s - 1) * t.manifest.options.k + f, m ?? Gn, c) : m && n.content ? d(n.content, r.sprite, a, f, Gn, c) : d(n.sprite, r.sprite, a, f, m ?? Gn, c);
	}
}
var Gn = [
	0,
	0,
	1,
	1
];
function Kn(e, t, [, n, r], i, [a, o, s, c]) {
	let [l, u, d, f] = i ?? [
		0,
		0,
		n,
		r
	], p = Math.min(r / 2, Math.max(0, -l, -u, d - n, f - r)), m = Math.min(s / (r + 2 * p), c / (n + 2 * p));
	e.save(), e.beginPath(), e.rect(a, o, s, c), e.clip(), e.fillStyle = "#808080", e.fillRect(a, o, s, c), e.translate(a + (s - m * r) / 2, o + (c - m * n) / 2), e.imageSmoothingEnabled = !0, e.drawImage(t, 0, 0, m * r, m * n);
	for (let [t, n] of [["#0008", 4], ["#ffd34d", 2]]) [e.strokeStyle, e.lineWidth] = [t, n], e.strokeRect(m * u, m * l, m * (f - u), m * (d - l));
	e.restore();
}
function qn(e, t, n = 1) {
	let r = document.createElement("canvas");
	r.width = n * e, r.height = n * t;
	let i = r.getContext("2d");
	return i.scale(n, n), i.fillStyle = "#fff", i.fillRect(0, 0, e, t), {
		canvas: r,
		pen: i
	};
}
var Jn = (e, t, n, r = 0) => zn(e.sprite.columns, t.images.length, e.sprite.width * e.tile.enlarge, e.sprite.height * e.tile.enlarge, r, n);
async function Yn(e, t, n, r) {
	let i = await Hn(e, t, n, r), a = Jn(t, n, r.view), { canvas: o, pen: s } = qn(a.width, a.height);
	return Wn(s, e, i, t, n, a, r), o;
}
function Xn(e) {
	let t = 10 ** Math.floor(Math.log10(Math.max(2, e) / 2));
	return t * ([
		5,
		2,
		1
	].find((n) => n * t <= e / 2) ?? 1);
}
function Zn({ manifest: e }, t, n, { view: r, reach: i, band: a }) {
	let { model: o, data: s, options: c } = e, l = r === "both", u = {
		part: "cut to where the projection is, as wide as said",
		field: "each cut where it does so",
		whole: "where it does so marked"
	}[i], d = `${l ? "Left: the" : "The"} ${Z(n.images.length, "image")} of ${s.count} that excite the unit most, ${u}${a ? `, band ${a} alone` : ""}, above its activation. `, f = `${l ? "Right: what it takes from each" : `What it takes from each of the ${Z(n.images.length, "image")} of ${s.count} that excite it most${i === "part" ? ", cut to where that is" : ""}`}, by the rule ${c.rule}: mid-grey is zero, black and white are ± the number below. `;
	return {
		title: [`${t.name}:${n.channel}`, n.name].filter(Boolean).join("  "),
		about: `${o.name} · ${t.op} · ${tn(t)} · receptive field ${rn(t)}`,
		caption: `${r === "projections" ? "" : d}${r === "photos" ? "" : f}Made with convscope.`
	};
}
function Qn(e, t, n) {
	let r = [], i = "";
	for (let a of t.split(/(?<= )/)) i && e.measureText(i + a).width > n ? (r.push(i), i = a) : i += a;
	return i ? [...r, i] : r;
}
var $n = 14, [er, tr] = [16, 20], nr = {
	title: [
		"600 17px sans-serif",
		"#1b1c1e",
		23
	],
	about: [
		"12.5px sans-serif",
		"#5b5e63",
		17
	],
	caption: [
		"11.5px sans-serif",
		"#5b5e63",
		15.5
	]
};
async function rr(e, t, n, r) {
	let i = await Hn(e, t, n, r), a = Jn(t, n, r.view, er), o = Math.max(a.width, 420), s = Zn(e, t, n, r), { pen: c } = qn(1, 1), l = (e) => (c.font = nr[e][0], Qn(c, s[e], o)), [u, d, f] = [
		l("title"),
		l("about"),
		l("caption")
	], p = $n + u.length * nr.title[2] + d.length * nr.about[2] + 6, { canvas: m, pen: h } = qn(o + 28, Math.ceil(p + a.height + tr + f.length * nr.caption[2] + $n), 2), g = (e, t, n) => ([h.font, h.fillStyle] = nr[t], e.forEach((e, r) => h.fillText(e, $n, n + (r + .75) * nr[t][2])), n + e.length * nr[t][2]);
	g(d, "about", g(u, "title", $n)), h.save(), h.translate($n, p), Wn(h, e, i, t, n, a, r), [h.font, h.fillStyle] = nr.caption;
	let [_, v] = [t.sprite.width * t.tile.enlarge, t.sprite.height * t.tile.enlarge], y = (e) => r.reach === "part" && hn(n, e)?.[3] || null, b = t.field?.size[1] ?? e.manifest.model.input[2];
	for (let { rank: e, panel: t, x: o, y: s } of a.cells) {
		let a = y(e) !== null && i.content && n.partScales?.[e] || n.scales[e], c = t ? `±${X(a)}` : X(n.values[e]);
		h.fillText(r.reach === "part" && (t === 0 || r.view === "projections") ? `${c} · ${Math.round((y(e) ?? 1) * b)} px` : c, o, s + v + 12, _);
	}
	if (r.reach !== "part") {
		let t = r.reach === "whole" && i.whole ? e.manifest.model.input[2] : b, n = Xn(t);
		h.fillRect(0, a.height + 7, n * _ / t, 2), h.fillText(`${n} px of the image`, n * _ / t + 7, a.height + 12);
	}
	return h.restore(), g(f, "caption", p + a.height + tr), m;
}
function ir(e) {
	return new Promise((t, n) => {
		try {
			e.toBlob((e) => e ? t(e) : n(new Pn()), "image/png");
		} catch {
			n(new Pn());
		}
	});
}
var ar = (e) => e.replace(/[&<>"']/g, (e) => `&#${e.charCodeAt(0)};`);
function or(e, t, n, r, i = "both") {
	let a = n.sprite.height * n.tile.enlarge, o = Jn(n, r, i).cells.filter((e) => e.panel === +(i === "projections")).map((e) => `<text x="${e.x + 4}" y="${e.y + a - 5}">${ar(X(r.values[e.rank]))}</text>`), s = ar(`${n.name}:${r.channel}${r.name ? ` ${r.name}` : ""}`);
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${t.width}" height="${t.height + 24}" viewBox="0 -24 ${t.width} ${t.height + 24}">`,
		`<title>${s}</title>`,
		"<rect y=\"-24\" width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
		`<text y="-7" font-family="sans-serif" font-size="14">${s}</text>`,
		`<image href="${e}" width="${t.width}" height="${t.height}" style="image-rendering:pixelated"/>`,
		`<g font-family="sans-serif" font-size="11" fill="#fff" stroke="#000" stroke-width="2.5" paint-order="stroke">${o.join("")}</g>`,
		"</svg>"
	].join("\n");
}
function sr(e, t, n, r) {
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
var cr = "addEventListener(\"message\",function(e){document.querySelectorAll(\"iframe[data-convscope]\").forEach(function(f){if(f.contentWindow===e.source&&e.data&&e.data.convscope===\"height\")f.style.height=(+e.data.height||560)+\"px\"})})", lr = (e, t) => t === "file" ? `${e}?embed=1` : e.replace(/[^/#?]*(\?[^#]*)?(#.*)$/, "embed.html$2"), ur = (e, t) => `<iframe data-convscope src="${ar(e)}" title="${ar(t)}" width="100%" height="560" loading="lazy" style="border:0"></iframe>\n<script>${cr}<\/script>`;
function dr(e, t, n, r) {
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
var fr = (e, t, n) => e.bands && n ? t[0] : 0;
function pr(e) {
	let { manifest: t } = I(), { layer: n, channel: r, band: i, rank: a, side: o, label: s, part: c = null } = e;
	if (!n.bands || !t.paths.bands) return null;
	let l = t.options.k, u = a === null ? t.model.input[0] * l + i - 1 : (i - 1) * l + a;
	return /* @__PURE__ */ F(pn, {
		path: B(t.paths.bands, {
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
function mr({ count: e, band: t, change: n }) {
	let { manifest: r } = I(), i = r.model.shown ?? [];
	return /* @__PURE__ */ F("label", {
		class: "choice-of-one",
		children: [
			"Bands",
			" ",
			/* @__PURE__ */ F("select", {
				value: String(t),
				onChange: (e) => n(Number(e.currentTarget.value)),
				children: [/* @__PURE__ */ F("option", {
					value: "0",
					children: i.join(", ")
				}), Array.from({ length: e }, (e, t) => /* @__PURE__ */ F("option", {
					value: String(t + 1),
					children: t + 1
				}, t))]
			})
		]
	});
}
function hr({ layer: e, unit: t, change: n }) {
	let { manifest: r } = I(), i = fr(e, r.model.input, r.paths.bands), a = e.bands;
	if (!i || !a) return null;
	let o = Math.min(80, Math.max(a.height, a.width) * e.tile.enlarge);
	return /* @__PURE__ */ F(q, {
		title: "Channels",
		class: "panel wide channels-panel",
		note: "The strongest example channel by channel: the photo above, and below it what the unit takes from that channel, all on one scale. Elsewhere projections are the sum over channels.",
		children: /* @__PURE__ */ F("ol", {
			class: "channels",
			children: Array.from({ length: i }, (r, i) => /* @__PURE__ */ F("li", { children: /* @__PURE__ */ F("button", {
				type: "button",
				class: "plain-button",
				onClick: () => n(i + 1),
				"aria-label": `Show band ${i + 1}`,
				title: `Show band ${i + 1}`,
				children: [
					/* @__PURE__ */ F(pr, {
						layer: e,
						channel: t.channel,
						band: i + 1,
						rank: 0,
						side: o
					}),
					/* @__PURE__ */ F(pr, {
						layer: e,
						channel: t.channel,
						band: i + 1,
						rank: null,
						side: o
					}),
					/* @__PURE__ */ F("span", {
						class: "number",
						children: i + 1
					})
				]
			}) }, i))
		})
	});
}
// src/parts/Truth.tsx
function gr(e) {
	return e.flatMap((e) => {
		if (e.verdicts) return e.verdicts.map(([t = "", n = "", r = ""]) => ({
			layer: t,
			rule: n,
			verdict: r,
			experiment: e.name
		}));
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
var _r = {
	what: "projections say something about their unit",
	"where, not what": "projections say where, not what",
	neither: "projections do not even say where",
	"cannot tell": "too few units or images to tell"
};
function vr({ layer: e, brief: t }) {
	let { manifest: n } = I(), r = gr(ft() ?? []).find((t) => t.layer === e && t.rule === n.options.rule);
	return r ? t ? /* @__PURE__ */ F("small", {
		title: _r[r.verdict],
		children: ["tested: ", r.verdict]
	}) : /* @__PURE__ */ F(S, { children: ["Tested: ", /* @__PURE__ */ F("a", {
		href: wt(r.experiment),
		children: _r[r.verdict] ?? r.verdict
	})] }) : null;
}
function yr({ layer: e, similarity: t }) {
	return /* @__PURE__ */ F("p", {
		class: t !== null && t > .9 ? "caution small" : "note",
		children: [t !== null && (t > .9 ? `Its projection is nearly that of random numbers at this place (likeness ${t.toFixed(2)}): it says where, hardly what. ` : `Likeness to its control ${t.toFixed(2)}: ${Math.round(100 * t ** 2)} % of its energy is as in the control, the rest is its own. `), /* @__PURE__ */ F(vr, { layer: e.name })]
	});
}
function br({ layer: e, labelled: t }) {
	let { manifest: n } = I(), { options: r, data: i } = n, a = [
		["Photos", `The ${r.k} images that excite the unit most, one place in each: its receptive field. Plain colour is padding: the field reaches beyond the image there, and the network is given zeros.`],
		["Projections", `What the ${r.rule} rule carries from the unit's activation back to the pixels. Mid-grey is zero; each picture has a scale of its own, so strengths are not to be compared between pictures: black and white are the magnitude that 2 % of the values exceed.`],
		...e.content ? [["Zoom", "The smallest part of the field that holds 95 % of a projection's energy, marked with dashes in the whole image."]] : [],
		["Responses", "In the network's own units, which have no scale that layers share: compare a unit with itself, or by share of its maximum."],
		...t ? [["Class selectivity", `(m − r) / (m + r): m the mean response to the class the unit prefers, r that to the others. Of ${i.count} images in ${i.classes} classes, some ${Math.max(1, Math.round(i.count / Math.max(1, i.classes)))} each: ${i.count / Math.max(1, i.classes) < 50 ? "few, so that it is large by chance too." : "enough to go by."}`]] : [],
		["Like control", "How much a projection is like one that begins with random numbers at all units of its place: 1 alike, 0 unrelated. What is alike says little about the unit."]
	];
	return /* @__PURE__ */ F("details", {
		class: "how",
		children: [/* @__PURE__ */ F("summary", { children: "How to read this" }), /* @__PURE__ */ F("dl", { children: a.map(([e, t]) => /* @__PURE__ */ F("div", { children: [/* @__PURE__ */ F("dt", { children: e }), /* @__PURE__ */ F("dd", { children: t })] }, e)) })]
	});
}
// src/parts/Examples.tsx
var xr = (e, t) => {
	let n = e.images[t]?.label ?? -1;
	return n < 0 ? null : e.classes[n] ?? `class ${n}`;
}, Sr = (e, t) => e.images[t]?.name ?? `image ${t}`;
function Cr(e) {
	let { layer: t, shard: n, unit: r, view: i, show: a, reach: o, band: s, choose: c, active: l, activate: u, open: d } = e, f = o === "whole", p = I(), m = (o === "part" ? In : Fn)(p, t, r.channel), h = pt(m), g = fr(t, p.manifest.model.input, p.manifest.paths.bands), _ = i === "both" ? ["photos", "projections"] : [i];
	return /* @__PURE__ */ F("div", {
		class: "examples",
		children: [
			/* @__PURE__ */ F("div", {
				class: "examples-bar",
				children: [
					/* @__PURE__ */ F(Pt, {
						label: "Show",
						value: i,
						options: [
							["photos", "Photos"],
							["projections", "Projections"],
							["both", "Both"]
						],
						change: a
					}),
					/* @__PURE__ */ F(wr, { ...e }),
					i !== "projections" && !f && g > 0 && /* @__PURE__ */ F(mr, {
						count: g,
						band: s,
						change: c
					}),
					i !== "photos" && /* @__PURE__ */ F(It, {}),
					/* @__PURE__ */ F("span", {
						class: "hint hover-only",
						children: "Hover to see where; click or 1–9 to enlarge"
					}),
					/* @__PURE__ */ F("span", {
						class: "hint touch-only",
						children: "Touch to enlarge"
					}),
					/* @__PURE__ */ F(br, {
						layer: t,
						labelled: r.classes.length > 0
					})
				]
			}),
			/* @__PURE__ */ F("div", {
				class: `panels panels-${_.length}`,
				children: _.map((e) => /* @__PURE__ */ F(Tr, {
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
			h && /* @__PURE__ */ F("p", {
				class: "panel warning missing-picture",
				role: "alert",
				children: [
					"The picture file ",
					/* @__PURE__ */ F("code", { children: m }),
					" is missing from this copy of the atlas; its numbers are here."
				]
			}),
			/* @__PURE__ */ F(Er, {
				layer: t,
				shard: n,
				unit: r,
				rank: Math.min(l, r.images.length - 1)
			})
		]
	});
}
function wr({ layer: e, unit: t, view: n, reach: r, extend: i }) {
	let { manifest: a } = I(), o = [["field", "Field"]];
	return e.content && t.images.some((e, n) => hn(t, n)) && o.unshift(["part", "Zoom"]), n !== "projections" && e.field !== null && a.paths.image !== null && o.push(["whole", "In its image"]), o.length > 1 ? /* @__PURE__ */ F(Pt, {
		label: "How much is shown",
		value: r,
		options: o,
		change: i
	}) : null;
}
function Tr({ kind: e, layer: t, shard: n, unit: r, whole: i, reach: a, band: o, active: s, activate: c, open: l }) {
	let u = M(null), [d, f] = A(112), p = t.sprite.columns;
	j(() => {
		if (!u.current) return;
		let e = new ResizeObserver(([e]) => {
			let t = e?.contentRect.width ?? 0;
			t && f(Math.max(24, Math.min(224, Math.floor((t - (p - 1) * 4) / p))));
		});
		return e.observe(u.current), () => e.disconnect();
	}, [p]);
	let m = e === "photos" ? "Photo" : "Projection";
	return /* @__PURE__ */ F("figure", {
		class: "panel-9",
		children: [/* @__PURE__ */ F("figcaption", { children: e === "photos" ? "What excites it" : "What it takes from each" }), /* @__PURE__ */ F("div", {
			ref: u,
			class: "nine",
			style: { gridTemplateColumns: `repeat(${p}, ${d}px)` },
			role: "group",
			"aria-label": `${m}s`,
			children: r.images.map((u, f) => /* @__PURE__ */ F("button", {
				type: "button",
				class: f === s ? "cell active" : "cell",
				onMouseEnter: () => c(f),
				onFocus: () => c(f),
				onClick: () => l(f),
				"aria-label": `${m} ${f + 1}: activation ${X(r.values[f])}, ${Sr(n, u)}${xr(n, u) ? `, ${xr(n, u)}` : ""}`,
				children: i ? /* @__PURE__ */ F(bn, {
					image: u,
					name: Sr(n, u),
					box: r.boxes[f] ?? null,
					square: d
				}) : e === "photos" && o > 0 && r.values[f] !== 0 ? /* @__PURE__ */ F(pr, {
					layer: t,
					channel: r.channel,
					band: o,
					rank: f,
					side: d,
					part: a === "part" ? hn(r, f) : null
				}) : /* @__PURE__ */ F(gn, {
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
function Er({ layer: e, shard: t, unit: n, rank: r }) {
	let i = n.images[r], a = Sr(t, i), o = xr(t, i);
	return /* @__PURE__ */ F("figure", {
		class: "looked",
		children: [
			/* @__PURE__ */ F("figcaption", { children: "Where it looks" }),
			/* @__PURE__ */ F(bn, {
				image: i,
				name: a,
				box: n.boxes[r] ?? null,
				part: n.content?.[r] ?? null
			}),
			/* @__PURE__ */ F("dl", { children: [
				/* @__PURE__ */ F("div", { children: [/* @__PURE__ */ F("dt", { children: "Example" }), /* @__PURE__ */ F("dd", { children: [
					r + 1,
					" of ",
					n.images.length
				] })] }),
				/* @__PURE__ */ F("div", { children: [/* @__PURE__ */ F("dt", { children: "Activation" }), /* @__PURE__ */ F("dd", {
					class: "number",
					children: X(n.values[r])
				})] }),
				o !== null && /* @__PURE__ */ F("div", { children: [/* @__PURE__ */ F("dt", { children: "Label" }), /* @__PURE__ */ F("dd", { children: /* @__PURE__ */ F(jt, {
					name: o,
					number: -1
				}) })] }),
				/* @__PURE__ */ F("div", { children: [/* @__PURE__ */ F("dt", { children: "Image" }), /* @__PURE__ */ F("dd", { children: /* @__PURE__ */ F("a", {
					href: W(i),
					children: /* @__PURE__ */ F(K, { text: a })
				}) })] }),
				e.spatial && /* @__PURE__ */ F("div", { children: [/* @__PURE__ */ F("dt", { children: "Place" }), /* @__PURE__ */ F("dd", {
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
var Dr = 480;
function Or(e, t) {
	if (t <= (e[0] ?? 0)) return 0;
	for (let n = 1; n < e.length; n += 1) {
		let r = e[n - 1], i = e[n];
		if (t < i) return Number.isFinite(i - r) ? n - 1 + (t - r) / (i - r) : n - .5;
	}
	return e.length - 1;
}
function kr({ edges: e, first: t, counts: n, marks: r = [], title: i, link: a }) {
	if (!n.length) return /* @__PURE__ */ F("p", {
		class: "quiet",
		children: "No responses."
	});
	let o = e.slice(t, t + n.length + 1), s = Dr / n.length, c = Math.max(...n), l = (e) => Or(o, e) * s, u = o[Math.round(n.length / 2)], d = n.reduce((e, t) => e + t, 0);
	return /* @__PURE__ */ F("svg", {
		class: "histogram",
		viewBox: `0 0 ${Dr} 134`,
		role: a ? "group" : "img",
		"aria-label": `${i}: ${d} images, from ${X(o[0])} to ${X(o.at(-1))}`,
		children: [
			n.map((e, t) => {
				let n = e ? Math.max(1.5, 102 * Math.sqrt(e / c)) : 0, r = `${X(o[t])} to ${X(o[t + 1])}: ${e}`, i = /* @__PURE__ */ F("rect", {
					class: "bar",
					x: t * s + .5,
					y: 102 - n,
					width: Math.max(.5, s - 1),
					height: n,
					children: /* @__PURE__ */ F("title", { children: r })
				}, t), l = e && a ? a(o[t] ?? 0, o[t + 1] ?? 0) : null;
				return l === null ? i : /* @__PURE__ */ F("a", {
					href: l,
					"aria-label": `Responses ${r}`,
					children: [i, /* @__PURE__ */ F("rect", {
						class: "reach",
						x: t * s,
						width: s,
						height: 102
					})]
				}, t);
			}),
			/* @__PURE__ */ F("line", {
				class: "axis",
				x1: "0",
				x2: Dr,
				y1: 102,
				y2: 102
			}),
			r.map((e, t) => e !== null && /* @__PURE__ */ F("path", {
				class: "mark",
				d: `M${l(e)} 104l-2.5 9h5z`
			}, t)),
			/* @__PURE__ */ F("text", {
				x: "0",
				y: 130,
				children: X(o[0])
			}),
			/* @__PURE__ */ F("text", {
				x: Dr / 2,
				y: 130,
				"text-anchor": "middle",
				children: X(u)
			}),
			/* @__PURE__ */ F("text", {
				x: Dr,
				y: 130,
				"text-anchor": "end",
				children: X(o.at(-1))
			})
		]
	});
}
// src/parts/Later.tsx
var Ar = 100, jr = 12;
function Mr({ given: e, about: t, turn: n, draw: r }) {
	let [i, a] = A(t), o = M(e);
	return i === t && (o.current = e), j(() => {
		if (i === t) return;
		let e = setTimeout(() => a(t), Ar + jr * n);
		return () => clearTimeout(e);
	}, [t]), N(() => /* @__PURE__ */ F(S, { children: r(o.current) }), Object.values(o.current));
}
// src/parts/Caused.tsx
var Nr = 56, [Pr, Fr, Ir] = [
	176,
	68,
	64
], Lr = (e) => e.replace(/@\d+,\d+$/, "");
function Rr() {
	return ft()?.filter((e) => e.kind === "causes" && e.data) ?? [];
}
function zr({ unit: e }) {
	return /* @__PURE__ */ F(S, { children: Rr().filter((t) => t.units.includes(e)).map((t) => /* @__PURE__ */ F(Br, {
		experiment: t,
		unit: e
	}, t.name)) });
}
function Br({ experiment: e, unit: t }) {
	let n = L(`experiments/${e.name}`).value, r = N(() => n?.graphs.filter((e) => Lr(e.unit) === t) ?? [], [n, t]), i = n?.usual.filter(([e]) => e === t) ?? [], a = i.flatMap(([, e, t]) => {
		let n = G(e);
		return n ? [[
			n.layer,
			n.channel,
			t
		]] : [];
	});
	return /* @__PURE__ */ F(S, { children: [i.length > 0 && /* @__PURE__ */ F(ui, {
		title: "What usually feeds it",
		joints: a,
		note: `The mean of what each unit gave on ${Z(i[0]?.[5] ?? 0, "image")}: activation times the signal carried back. The strongest inputs are by weight alone.`
	}), r.length > 0 && /* @__PURE__ */ F(Wr, {
		experiment: e,
		graphs: r,
		title: "What fed it"
	})] });
}
function Vr({ image: e }) {
	return /* @__PURE__ */ F(S, { children: Rr().filter((t) => t.images.includes(e)).map((t) => /* @__PURE__ */ F(Hr, {
		experiment: t,
		image: e
	}, t.name)) });
}
function Hr({ experiment: e, image: t }) {
	let n = L(`experiments/${e.name}`).value, r = N(() => n?.graphs.filter((e) => e.image === t) ?? [], [n, t]);
	return r.length > 0 ? /* @__PURE__ */ F(Wr, {
		experiment: e,
		graphs: r,
		title: "What fed units here",
		here: !0
	}) : null;
}
function Ur({ experiment: e }) {
	let t = L(`experiments/${e.name}`).value;
	return t?.graphs.length ? /* @__PURE__ */ F(Wr, {
		experiment: e,
		graphs: t.graphs,
		title: "What fed each",
		whole: !0
	}) : null;
}
function Wr({ experiment: e, graphs: t, title: n, here: r, whole: i }) {
	let [a, o] = A(0), s = t[Math.min(a, t.length - 1)];
	return s ? /* @__PURE__ */ F(q, {
		class: "panel wide",
		title: n,
		note: /* @__PURE__ */ F(S, { children: ["Each unit with its patch, what it takes there, and what it gives: activation times the signal carried back. ", !i && /* @__PURE__ */ F("a", {
			href: wt(e.name),
			children: "All of it"
		})] }),
		children: [t.length > 1 && /* @__PURE__ */ F("p", {
			class: "chips",
			role: "group",
			"aria-label": r || i ? "Units" : "Images",
			children: t.map((e, t) => /* @__PURE__ */ F("button", {
				type: "button",
				class: "chip",
				"aria-pressed": e === s,
				onClick: () => o(t),
				children: i ? /* @__PURE__ */ F("span", { children: [
					/* @__PURE__ */ F(Nt, { unit: Lr(e.unit) }),
					" on ",
					/* @__PURE__ */ F(K, { text: Q(e.name) })
				] }) : r ? /* @__PURE__ */ F(Nt, { unit: e.unit }) : /* @__PURE__ */ F(K, { text: Q(e.name) })
			}, t))
		}), /* @__PURE__ */ F(Gr, {
			experiment: e,
			graph: s,
			here: r ?? !1
		})]
	}) : null;
}
function Gr({ experiment: e, graph: t, here: n }) {
	let r = R(t.sheet === null ? null : `experiments/${e.name}/${t.sheet}`), [i, a] = A(null), o = [[0], ...t.layers.map((e) => t.nodes.flatMap((t, n) => n && G(Lr(t.unit))?.layer === e ? [n] : []))], s = Math.max(...o.map((e) => e.length)), c = new Map(o.flatMap((e, t) => e.map((n, r) => [n, {
		x: t * (Pr + Ir),
		y: (r + .5) * s * Fr / e.length
	}]))), l = Math.max(...t.edges.map(([, , e]) => Math.abs(e)), 1e-12), u = (e) => i === null || i === e || t.edges.some(([t, n]) => t === e && n === i || n === e && t === i);
	return /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F("div", {
		class: "scroll caused",
		tabIndex: 0,
		role: "region",
		"aria-label": "Units and what they give",
		children: [/* @__PURE__ */ F("div", {
			class: "caused-heads",
			children: o.map((e, r) => /* @__PURE__ */ F("span", {
				style: {
					left: `${r * (Pr + Ir)}px`,
					width: `${Pr}px`
				},
				children: r ? t.layers[r - 1] : n ? G(Lr(t.unit))?.layer : t.image === null ? Q(t.name) : /* @__PURE__ */ F("a", {
					href: W(t.image),
					children: Q(t.name)
				})
			}, r))
		}), /* @__PURE__ */ F("div", {
			class: "caused-graph",
			style: {
				width: `${o.length * (Pr + Ir) - Ir}px`,
				height: `${s * Fr}px`
			},
			children: [/* @__PURE__ */ F("svg", {
				"aria-hidden": "true",
				width: "100%",
				height: "100%",
				children: t.edges.map(([e, t, n]) => {
					let [r, a] = [c.get(t), c.get(e)];
					if (!r || !a) return null;
					let [o, s] = [r.x + Pr, a.x], u = (o + s) / 2;
					return /* @__PURE__ */ F("path", {
						class: n < 0 ? "against" : "",
						"data-faint": i !== null && i !== e && i !== t,
						d: `M${o} ${r.y}C${u} ${r.y} ${u} ${a.y} ${s} ${a.y}`,
						"stroke-width": Math.max(.5, 7 * Math.abs(n) / l)
					}, `${e}-${t}`);
				})
			}), /* @__PURE__ */ F("ul", { children: t.nodes.map((e, n) => /* @__PURE__ */ F("li", {
				"data-faint": !u(n),
				style: {
					left: `${c.get(n)?.x ?? 0}px`,
					top: `${(c.get(n)?.y ?? 0) - Fr / 2}px`,
					width: `${Pr}px`
				},
				onMouseEnter: () => a(n),
				onMouseLeave: () => a(null),
				onFocusIn: () => a(n),
				onFocusOut: () => a(null),
				children: /* @__PURE__ */ F(Kr, {
					unit: e.unit,
					value: n ? e.amount : e.value,
					first: n === 0,
					sheet: r,
					at: n,
					count: t.nodes.length
				})
			}, n)) })]
		})]
	}), /* @__PURE__ */ F("ul", {
		class: "plain caused-sums",
		children: t.balances.map((e) => /* @__PURE__ */ F("li", { children: [
			X(t.value),
			" is ",
			X(e.parts),
			" from ",
			/* @__PURE__ */ F("bdi", { children: e.layer }),
			e.others !== 0 && `, ${X(e.others)} by other ways`,
			", ",
			X(e.biases),
			" from biases",
			t.curved && `, ${X(e.remainder)} not accounted for (curved: ${t.curved})`,
			"."
		] }, e.layer))
	})] });
}
function Kr({ unit: e, value: t, first: n, sheet: r, at: i, count: a }) {
	let o = I(), s = G(Lr(e)), c = s && z(o, s.layer, s.channel), l = vt(c ?? void 0)(s?.channel ?? -1) ?? Lr(e).split(":").pop() ?? e, u = (e) => ({
		width: `${Nr}px`,
		height: `${Nr}px`,
		backgroundImage: `url("${r}")`,
		backgroundPosition: `${-56 * i}px ${-56 * e}px`,
		backgroundSize: `${Nr * a}px 112px`
	}), d = /* @__PURE__ */ F(S, { children: [r && /* @__PURE__ */ F("span", {
		class: "pair",
		children: [/* @__PURE__ */ F("span", {
			class: "tile",
			role: "img",
			"aria-label": `Where ${e} gives most`,
			style: u(0)
		}), /* @__PURE__ */ F("span", {
			class: "tile projection",
			role: "img",
			"aria-label": `What ${e} takes there`,
			style: u(1)
		})]
	}), /* @__PURE__ */ F("span", {
		class: "told",
		children: [/* @__PURE__ */ F("b", {
			title: e,
			children: /* @__PURE__ */ F("bdi", { children: l })
		}), /* @__PURE__ */ F("span", {
			class: t < 0 ? "number against" : "number",
			children: n || t < 0 ? X(t) : `+${X(t)}`
		})]
	})] });
	return s && c ? /* @__PURE__ */ F("a", {
		href: U(s.layer, s.channel),
		children: d
	}) : /* @__PURE__ */ F("span", {
		class: "node",
		children: d
	});
}
// src/parts/Needs.tsx
var qr = 8, Jr = {
	more: "tested: holds",
	less: "tested: less than its controls",
	no: "tested: does not hold"
};
function Yr(e, t, n) {
	let [r, i] = t === "unit" ? [0, 1] : [1, 0];
	return e.pairs.flatMap((e) => e[r] === n && e[2] < 0 ? [{
		of: String(e[i]),
		change: e[2],
		control: e[3],
		verdict: e[4]
	}] : []).sort((e, t) => e.change - t.change).slice(0, qr);
}
function Xr(e, t = !0) {
	let n = ft(), r = (t) => e === void 0 || !Array.isArray(t.settings.layers) || t.settings.layers.includes(e), i = n?.find((e) => e.kind === "effects" && e.data && r(e)) ?? null;
	return {
		experiment: i,
		data: L(t && i ? `experiments/${i.name}` : null).value
	};
}
function Zr({ of: e, kind: t }) {
	let n = I(), { experiment: r, data: i } = Xr(t === "class" ? void 0 : G(e)?.layer), a = N(() => i ? Yr(i, t, e) : [], [
		i,
		t,
		e
	]);
	if (!a[0] || !r) return null;
	let o = Math.max(...a.map((e) => -e.change));
	return /* @__PURE__ */ F(q, {
		title: t === "unit" ? "Classes that need this unit" : "Units that it needs",
		note: /* @__PURE__ */ F(S, { children: [
			"The mean change of the score when the unit is silenced, over the images; in brackets that of its controls, silenced alike.",
			" ",
			a.some((e) => e.verdict !== void 0) && "Tested are the pairs that stand out on one half of the images: it holds where they differ from their controls on the other. ",
			/* @__PURE__ */ F("a", {
				href: wt(r.name),
				children: "All of it"
			})
		] }),
		children: /* @__PURE__ */ F("ol", {
			class: t === "unit" ? "bars" : "joints",
			children: a.map((e) => {
				let r = t === "class" ? G(e.of) : null, i = r && z(n, r.layer, r.channel);
				return /* @__PURE__ */ F("li", { children: [
					t === "class" && (i && r ? /* @__PURE__ */ F($, {
						layer: i,
						channel: r.channel,
						kind: "photos",
						side: 32
					}) : /* @__PURE__ */ F("span", {
						class: "tile none",
						"aria-hidden": "true"
					})),
					/* @__PURE__ */ F("span", {
						class: "bar-name",
						children: [/* @__PURE__ */ F("a", {
							href: r ? U(r.layer, r.channel) : Ct(e.of),
							children: /* @__PURE__ */ F(K, { text: e.of })
						}), e.verdict !== void 0 && /* @__PURE__ */ F("small", {
							class: e.verdict === "more" ? "verdict" : "verdict quiet",
							children: e.verdict ? Jr[e.verdict] : "not tested"
						})]
					}),
					/* @__PURE__ */ F("span", {
						class: "bar-track negative",
						"aria-hidden": "true",
						children: /* @__PURE__ */ F("span", { style: { width: `${-100 * e.change / o}%` } })
					}),
					/* @__PURE__ */ F("span", {
						class: "number",
						children: [
							X(e.change),
							" ",
							e.control !== null && /* @__PURE__ */ F("small", {
								class: "quiet",
								children: [
									"(",
									X(e.control),
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
var Qr = 1.25, $r = (e) => `${100 * Math.min(Math.max(e, 0), Qr) / Qr}%`;
function ei({ layer: e, unit: t }) {
	let { manifest: n } = I(), r = L(n.paths.tuning ? B(n.paths.tuning, { layer: e.id }) : null).value;
	if (!r?.kept.some((e) => (e[t.channel] ?? null) !== null)) return null;
	let i = r.out[t.channel] ?? [];
	return /* @__PURE__ */ F(q, {
		title: "Tuning",
		note: "What survives of the activation when this unit's strongest images are changed: the dot, with its interval; the shaded part is the middle half of the layer's units. In bold where this unit differs from its layer.",
		children: /* @__PURE__ */ F("ol", {
			class: "tuning",
			children: r.kinds.map((e, n) => {
				let a = r.kept[n]?.[t.channel] ?? null;
				if (a === null) return null;
				let o = r.low[n]?.[t.channel] ?? null, s = r.high[n]?.[t.channel] ?? null, [c, l, u] = r.quartiles[n] ?? [];
				return /* @__PURE__ */ F("li", {
					class: i.some((e) => Math.abs(e) === n + 1) ? "differs" : void 0,
					title: `keeps ${en(a)} ${e.how}; the layer's median is ${en(l)}`,
					children: [
						/* @__PURE__ */ F("span", { children: [
							e.what,
							" ",
							/* @__PURE__ */ F("span", {
								class: "quiet",
								children: e.how
							})
						] }),
						/* @__PURE__ */ F("span", {
							class: "tuning-track",
							"aria-hidden": "true",
							children: [
								c != null && u != null && /* @__PURE__ */ F("i", {
									class: "middle",
									style: {
										left: $r(c),
										right: `calc(100% - ${$r(u)})`
									}
								}),
								o !== null && s !== null && /* @__PURE__ */ F("i", {
									class: "interval",
									style: {
										left: $r(o),
										right: `calc(100% - ${$r(s)})`
									}
								}),
								/* @__PURE__ */ F("i", {
									class: "dot",
									style: { left: $r(a) }
								})
							]
						}),
						/* @__PURE__ */ F("span", {
							class: "number",
							children: en(a)
						})
					]
				}, e.name);
			})
		})
	});
}
// src/parts/Details.tsx
function ti(e) {
	let { layer: t, unit: n } = e, r = I().manifest.extras, i = r ? Math.floor(n.channel / r.shard) : 0, a = L(r ? `extras/${t.id}/${i}` : null).value, o = ft(), s = {
		...e,
		extra: a,
		mine: a?.units[n.channel - a.first],
		experiments: o
	};
	return /* @__PURE__ */ F("div", {
		class: "details",
		children: [
			/* @__PURE__ */ F(Mr, {
				given: s,
				about: n,
				turn: 0,
				draw: ri
			}),
			/* @__PURE__ */ F(Mr, {
				given: s,
				about: n,
				turn: 1,
				draw: ii
			}),
			/* @__PURE__ */ F(Mr, {
				given: s,
				about: n,
				turn: 2,
				draw: ai
			})
		]
	});
}
function ni(e, t, n) {
	let r = e.values.findIndex((e) => e !== null && e !== 0 && e >= t && e < n);
	if (r >= 0) return { n: r + 1 };
	let i = (t + n) / 2 / (e.maximum || 1);
	return i > 0 && i <= .95 ? { share: i > .75 ? 1 : i > .5 ? 2 : i > .25 ? 3 : 4 } : null;
}
var ri = ({ layer: e, data: t, shard: n, unit: r, note: i, mine: a, link: o }) => /* @__PURE__ */ F(S, { children: [
	/* @__PURE__ */ F("div", {
		class: "stack",
		children: [!r.dead && /* @__PURE__ */ F(q, {
			title: "Responses",
			note: `Images by their strongest response, heights by square root; the ${r.values.length} shown above are marked.`,
			children: /* @__PURE__ */ F(kr, {
				edges: t.histogram.edges,
				first: r.histogram.first,
				counts: r.histogram.counts,
				marks: r.values,
				title: "Responses",
				link: (e, t) => {
					let n = ni(r, e, t);
					return n && ("n" in n || (a?.bands.length ?? 0) > 0) ? o({
						share: null,
						...n
					}) : null;
				}
			})
		}), i && /* @__PURE__ */ F(oi, { unit: `${e.name}:${r.channel}` }, `${e.name}:${r.channel}`)]
	}),
	(r.classes.length > 0 && !r.dead || a?.control) && /* @__PURE__ */ F("div", {
		class: "stack",
		children: [r.classes.length > 0 && !r.dead && /* @__PURE__ */ F(si, {
			shard: n,
			unit: r
		}), a?.control && /* @__PURE__ */ F(di, {
			layer: e,
			unit: r,
			extra: a
		})]
	}),
	/* @__PURE__ */ F(ei, {
		layer: e,
		unit: r
	})
] }), ii = ({ unit: e, extra: t, mine: n, share: r }) => n && t && n.bands.length > 0 ? /* @__PURE__ */ F(ci, {
	extra: t,
	unit: n,
	maximum: e.maximum,
	share: r
}) : null, ai = ({ layer: e, unit: t, extra: n, mine: r, experiments: i }) => {
	let a = (t) => t.kind === "evolution" && Array.isArray(t.settings.layers) && t.settings.layers.includes(e.name), o = (i ?? []).filter((n) => a(n) || n.units.includes(`${e.name}:${t.channel}`));
	return /* @__PURE__ */ F(S, { children: [
		/* @__PURE__ */ F(Zr, {
			of: `${e.name}:${t.channel}`,
			kind: "unit"
		}),
		/* @__PURE__ */ F(li, {
			layer: e,
			unit: t
		}),
		/* @__PURE__ */ F(zr, { unit: `${e.name}:${t.channel}` }),
		r && n && (r.incoming.length > 0 || n.incoming !== "") && /* @__PURE__ */ F(ui, {
			title: "Strongest inputs",
			joints: r.incoming,
			note: n.incoming
		}),
		r && n && (r.outgoing.length > 0 || n.outgoing !== "") && /* @__PURE__ */ F(ui, {
			title: "Strongest outputs",
			joints: r.outgoing,
			note: n.outgoing
		}),
		o.length > 0 && /* @__PURE__ */ F(q, {
			title: "Experiments on this unit",
			children: /* @__PURE__ */ F("ul", {
				class: "plain",
				children: o.map((n) => /* @__PURE__ */ F("li", { children: [
					/* @__PURE__ */ F("a", {
						href: V(wt(n.name), a(n) ? {
							layer: e.name,
							unit: t.channel
						} : {}),
						children: n.title
					}),
					" ",
					/* @__PURE__ */ F("span", {
						class: "op",
						children: n.kind
					})
				] }, n.name))
			})
		})
	] });
};
function oi({ unit: e }) {
	let t = qt();
	return /* @__PURE__ */ F(q, {
		title: "Your note",
		note: "Kept in this browser; the first page lists it among the marked units, and saves it.",
		children: /* @__PURE__ */ F("textarea", {
			rows: 2,
			maxLength: 2e3,
			value: t.all()[e] ?? "",
			onInput: (n) => t.write(e, n.currentTarget.value),
			"aria-label": `Note on ${e}`,
			placeholder: "What does this unit look for?"
		})
	});
}
function si({ shard: e, unit: t }) {
	let n = Math.max(...t.classes.map(([, e]) => e), 0);
	return /* @__PURE__ */ F(q, {
		title: "Top classes",
		note: "Mean, over a class's images, of the strongest response in each.",
		children: /* @__PURE__ */ F("ol", {
			class: "bars",
			children: t.classes.map(([t, r]) => /* @__PURE__ */ F("li", { children: [
				/* @__PURE__ */ F("span", {
					class: "bar-name",
					children: /* @__PURE__ */ F(jt, {
						name: e.classes[t],
						number: t
					})
				}),
				/* @__PURE__ */ F("span", {
					class: "bar-track",
					"aria-hidden": "true",
					children: /* @__PURE__ */ F("span", { style: { width: `${n > 0 ? 100 * Math.max(0, r) / n : 0}%` } })
				}),
				/* @__PURE__ */ F("span", {
					class: "number",
					children: X(r)
				})
			] }, t))
		})
	});
}
function ci({ extra: e, unit: t, maximum: n, share: r }) {
	let i = M(null);
	return j(() => i.current?.scrollIntoView({ block: "center" }), [r]), /* @__PURE__ */ F(q, {
		title: "Lower responses",
		class: "panel wide",
		note: "Patches from images that excite the unit less, at their strongest place: a unit is more than its maxima. Those shown above are left out.",
		children: /* @__PURE__ */ F("div", {
			class: "bands",
			children: t.bands.map((t, a) => /* @__PURE__ */ F("div", {
				class: a + 1 === r ? "band here" : "band",
				ref: a + 1 === r ? i : null,
				children: [/* @__PURE__ */ F("h3", { children: [
					n ? `${$t(t.low / n)} to ${$t(t.high / n)}` : "",
					" ",
					/* @__PURE__ */ F("span", {
						class: "quiet",
						children: "of the maximum"
					})
				] }), /* @__PURE__ */ F("div", {
					class: "band-row",
					children: [t.samples.map((t) => {
						let n = xr(e, t.image);
						return /* @__PURE__ */ F("a", {
							href: `#/i/${t.image}`,
							title: `${Sr(e, t.image)}${n ? `, ${n}` : ""}`,
							children: [/* @__PURE__ */ F(Cn, {
								image: t.image,
								box: t.box,
								label: `Response ${X(t.value)}, ${Sr(e, t.image)}`
							}), /* @__PURE__ */ F("span", {
								class: "number",
								children: X(t.value)
							})]
						}, t.image);
					}), t.samples.length === 0 && /* @__PURE__ */ F("span", {
						class: "quiet",
						children: "none among the images sampled"
					})]
				})]
			}, t.high))
		})
	});
}
function li({ layer: e, unit: t }) {
	let n = I(), r = t.nearest.filter(([t]) => z(n, e.name, t));
	return r.length ? /* @__PURE__ */ F(q, {
		title: "Nearest units",
		note: /* @__PURE__ */ F(S, { children: [
			"By co-activation over the collection: ",
			e.neighbours,
			". ",
			/* @__PURE__ */ F("a", {
				href: H(e.name, {
					sort: "similar",
					near: t.channel,
					up: 0
				}),
				children: "Sort the layer by likeness to this unit"
			})
		] }),
		children: /* @__PURE__ */ F("ul", {
			class: "tiles",
			children: r.map(([n, r]) => /* @__PURE__ */ F("li", { children: [/* @__PURE__ */ F("a", {
				href: U(e.name, n),
				children: [/* @__PURE__ */ F($, {
					layer: e,
					channel: n,
					kind: "photos",
					side: 56
				}), /* @__PURE__ */ F(Mt, {
					layer: e,
					channel: n,
					children: /* @__PURE__ */ F("span", { children: [/* @__PURE__ */ F("span", {
						class: "heard",
						children: "similarity "
					}), r.toFixed(2)] })
				})]
			}), /* @__PURE__ */ F("a", {
				class: "versus",
				href: Tt(`${e.name}:${t.channel}`, `${e.name}:${n}`),
				"aria-label": `Compare with unit ${n}`,
				title: "Compare",
				children: "⇄"
			})] }, n))
		})
	}) : null;
}
function ui({ title: e, joints: t, note: n }) {
	let r = I(), { network: i } = gt(), a = t.some(([e, t]) => z(r, e, t)), o = Math.max(...t.map(([, , e]) => Math.abs(e)), 0);
	return /* @__PURE__ */ F(q, {
		title: e,
		note: n,
		children: /* @__PURE__ */ F("ol", {
			class: a ? "joints" : "joints bare",
			children: t.map(([e, t, n]) => {
				let s = z(r, e, t), c = `${e}:${t}`, l = _t(i, e, t), { input: u, shown: d } = r.manifest.model, f = !s && e === "image" && u[0] === 3 && !d ? [
					"red",
					"green",
					"blue"
				][t] : void 0, p = l !== null && /* @__PURE__ */ F(S, { children: [
					/* @__PURE__ */ F(K, { text: l }),
					" ",
					/* @__PURE__ */ F("small", {
						class: "quiet",
						children: c
					})
				] });
				return /* @__PURE__ */ F("li", { children: [
					a && (s ? /* @__PURE__ */ F($, {
						layer: s,
						channel: t,
						kind: "photos",
						side: 32
					}) : /* @__PURE__ */ F("span", {
						class: "tile none",
						"aria-hidden": "true"
					})),
					/* @__PURE__ */ F("span", {
						class: "joint-name",
						title: s || f ? c : `${c}: this unit is not in the atlas`,
						children: l === null ? s ? /* @__PURE__ */ F("a", {
							href: U(e, t),
							children: [
								/* @__PURE__ */ F("span", { children: e }),
								":",
								t
							]
						}) : f ?? /* @__PURE__ */ F(S, { children: [
							/* @__PURE__ */ F("span", { children: e }),
							":",
							t
						] }) : r.manifest.subset ? /* @__PURE__ */ F("span", {
							class: "logit",
							children: p
						}) : /* @__PURE__ */ F("a", {
							class: "logit",
							href: Ct(l),
							children: p
						})
					}),
					/* @__PURE__ */ F("span", {
						class: n < 0 ? "bar-track negative" : "bar-track",
						"aria-hidden": "true",
						children: /* @__PURE__ */ F("span", { style: { width: `${o > 0 ? 100 * Math.abs(n) / o : 0}%` } })
					}),
					/* @__PURE__ */ F("span", {
						class: "number",
						children: n < 0 ? `−${X(-n)}` : `+${X(n)}`
					})
				] }, c);
			})
		})
	});
}
function di({ layer: e, unit: t, extra: n }) {
	let { manifest: r } = I();
	if (!r.paths.controls || !n.control) return null;
	let i = B(r.paths.controls, {
		layer: e.id,
		sheet: Math.floor(t.channel / e.sheet.units)
	});
	return /* @__PURE__ */ F(q, {
		title: "Control",
		note: "The first projection beside one from the same place of the same image with random positive numbers at all units instead of this unit's activation. Projections that look like their control say little about the unit.",
		children: [/* @__PURE__ */ F("div", {
			class: "control",
			children: [
				/* @__PURE__ */ F("figure", { children: [/* @__PURE__ */ F(gn, {
					layer: e,
					unit: t,
					kind: "projections",
					rank: 0,
					side: 112
				}), /* @__PURE__ */ F("figcaption", { children: "this unit" })] }),
				/* @__PURE__ */ F("figure", { children: [/* @__PURE__ */ F(pn, {
					path: i,
					grid: e.sheet,
					panel: 0,
					cell: t.channel % e.sheet.units,
					side: 112,
					boost: !0,
					label: "Projection of a random signal"
				}), /* @__PURE__ */ F("figcaption", { children: "random signal" })] }),
				/* @__PURE__ */ F("p", { children: [/* @__PURE__ */ F("b", {
					class: "figure",
					children: n.control.similarity === null ? "–" : n.control.similarity.toFixed(2)
				}), /* @__PURE__ */ F("span", {
					class: "quiet",
					children: "cosine similarity of the two: 1 alike, 0 unrelated"
				})] })
			]
		}), /* @__PURE__ */ F(yr, {
			layer: e,
			similarity: n.control.similarity
		})]
	});
}
// src/pages/Class.tsx
var [fi, pi, mi] = [
	18,
	8,
	64
];
function hi() {
	let { manifest: e } = I(), { collection: t, network: n, ready: r } = gt(), i = L(e.extras ? "profiles/index" : null).value;
	if (!r) return /* @__PURE__ */ F(Y, { what: "classes" });
	let a = /* @__PURE__ */ new Map();
	t?.names.forEach((e, n) => t.images[n] && a.set(e, (a.get(e) ?? 0) + (t.images[n] ?? 0)));
	let o = (n?.names ?? []).filter((e) => !a.has(e)), s = (e) => i?.images[i.labels.findIndex((t) => i.classes[t] === e)];
	return /* @__PURE__ */ F(S, { children: [
		/* @__PURE__ */ F("h1", { children: "Classes" }),
		/* @__PURE__ */ F("p", {
			class: "lead",
			children: [
				Z(a.size, "class", "classes"),
				" that images are labelled with, and ",
				Z(o.length, "other"),
				" of the network."
			]
		}),
		/* @__PURE__ */ F("ul", {
			class: "chips class-list",
			children: [...a].map(([e, t]) => /* @__PURE__ */ F("li", { children: /* @__PURE__ */ F("a", {
				class: "chip",
				href: Ct(e),
				children: [
					a.size <= mi && s(e) !== void 0 && /* @__PURE__ */ F(Sn, {
						image: s(e),
						side: 44
					}),
					/* @__PURE__ */ F(K, {
						text: e,
						plain: !0
					}),
					" ",
					/* @__PURE__ */ F("small", {
						class: "quiet",
						children: t
					})
				]
			}) }, e))
		}),
		o.length > 0 && /* @__PURE__ */ F("details", {
			class: "more",
			children: [/* @__PURE__ */ F("summary", { children: [Z(o.length, "class", "classes"), " of the network without images here"] }), /* @__PURE__ */ F("ul", {
				class: "chips class-list",
				children: o.map((e, t) => /* @__PURE__ */ F("li", { children: /* @__PURE__ */ F("a", {
					class: "chip",
					href: Ct(e),
					children: /* @__PURE__ */ F(K, {
						text: e,
						plain: !0
					})
				}) }, t))
			})]
		})
	] });
}
function gi(e) {
	let { manifest: t, store: n } = I(), [r, i] = A(/* @__PURE__ */ new Map()), a = L("images/index").value;
	return j(() => {
		let r = [...new Set(e.map((e) => Math.floor(e / t.images.shard)))].filter((e) => a?.shards.includes(e)).slice(0, pi), o = !0;
		return Promise.all(r.map((e) => n.load(`images/${e}`).catch(() => null))).then((t) => {
			let n = /* @__PURE__ */ new Map();
			for (let r of t) for (let t of e) for (let [e, i, a] of r?.images[t]?.wins ?? []) n.set(`${e}:${i}`, Math.min(a, n.get(`${e}:${i}`) ?? a));
			o && i(n);
		}), () => {
			o = !1;
		};
	}, [e.join(), a]), r;
}
function _i({ name: e }) {
	let { manifest: t } = I(), { collection: n, network: r, ready: i } = gt();
	if (!i) return /* @__PURE__ */ F(Y, { what: e });
	let a = yt(n?.names, e).filter((e) => n?.images[e]), o = yt(r?.names, e);
	if (!a.length && !o.length) return /* @__PURE__ */ F(J, {
		title: "No such class",
		children: [
			"“",
			e,
			"” is no class of the images of this atlas, nor of the network."
		]
	});
	let s = a.reduce((e, t) => e + (n?.images[t] ?? 0), 0), c = [
		...a.map((e) => `label ${e}`),
		...a.length ? [Z(s, "image")] : [],
		...o.map((e) => `logit ${r?.layers.at(-1) ?? ""}:${e}`)
	];
	return /* @__PURE__ */ F(S, { children: [
		/* @__PURE__ */ F("h1", { children: /* @__PURE__ */ F(K, {
			text: e,
			plain: !0
		}) }),
		/* @__PURE__ */ F("p", {
			class: "lead",
			children: ["class · ", c.join(" · ")]
		}),
		a.length > 0 && /* @__PURE__ */ F("p", {
			class: "note",
			children: [
				"Units answer to it by their selectivity for it: the mean of their strongest responses to its images against that to the others', from −1 to 1. Each is shown by its strongest patch of this class, where that is among its ",
				t.options.k,
				" strongest; else by its strongest."
			]
		}),
		!a.length && /* @__PURE__ */ F("p", {
			class: "note",
			children: "No image of this collection is labelled so: which units answer to it is not known."
		}),
		/* @__PURE__ */ F("div", {
			class: "class-page",
			children: [
				a.map((t) => /* @__PURE__ */ F(vi, {
					label: t,
					name: e
				}, t)),
				o.map((e) => /* @__PURE__ */ F(bi, {
					logit: e,
					layers: r?.layers ?? [],
					note: r?.note ?? ""
				}, e)),
				/* @__PURE__ */ F(Zr, {
					of: e,
					kind: "class"
				})
			]
		})
	] });
}
function vi({ label: e, name: t }) {
	let { manifest: n } = I(), r = n.classes?.shard ?? 1, i = L(`classes/${Math.floor(e / r)}`), a = L(n.extras ? "profiles/index" : null).value, o = (a?.images ?? []).filter((t, n) => a?.labels[n] === e), s = i.value?.classes[e] ?? [], c = gi(o), l = (e, t, r) => {
		let i = c.get(`${t}:${r}`);
		return i ? /* @__PURE__ */ F(pn, {
			path: B(n.paths.sprite, {
				layer: e.id,
				channel: r
			}),
			grid: e.sprite,
			panel: 0,
			cell: i,
			side: 64
		}) : /* @__PURE__ */ F($, {
			layer: e,
			channel: r,
			kind: "photos",
			side: 64
		});
	};
	return /* @__PURE__ */ F(S, { children: [o.length > 0 && /* @__PURE__ */ F(q, {
		title: "Its images",
		class: "panel wide",
		children: [/* @__PURE__ */ F("ul", {
			class: "thumbs",
			children: o.slice(0, fi).map((e) => /* @__PURE__ */ F("li", { children: /* @__PURE__ */ F("a", {
				href: W(e),
				"aria-label": Q(a?.names[a.images.indexOf(e)] ?? `image ${e}`),
				children: /* @__PURE__ */ F(Sn, {
					image: e,
					side: 84
				})
			}) }, e))
		}), o.length > fi && /* @__PURE__ */ F("p", {
			class: "more",
			children: /* @__PURE__ */ F("a", {
				href: V("#/images", { q: t }),
				children: ["All ", Z(o.length, "image")]
			})
		})]
	}), [...n.layers].reverse().map((t, r) => {
		let i = s[n.layers.length - 1 - r] ?? [];
		return i.length > 0 && /* @__PURE__ */ F(q, {
			title: `Units of ${t.name} that answer to it`,
			note: /* @__PURE__ */ F("a", {
				href: H(t.name, {
					class: e,
					sort: "selectivity"
				}),
				children: "Those that prefer it to every other class"
			}),
			children: /* @__PURE__ */ F(yi, {
				rows: i,
				tile: (e) => l(t, n.layers.length - 1 - r, e),
				layer: t
			})
		}, t.id);
	})] });
}
function yi({ rows: e, layer: t, tile: n }) {
	return /* @__PURE__ */ F("ul", {
		class: "tiles",
		children: e.map(([e, r, i]) => /* @__PURE__ */ F("li", { children: /* @__PURE__ */ F("a", {
			href: U(t.name, e),
			title: `mean ${X(r)}, selectivity ${i.toFixed(2)}`,
			children: [n(e), /* @__PURE__ */ F(Mt, {
				layer: t,
				channel: e,
				children: /* @__PURE__ */ F("span", { children: i.toFixed(2) })
			})]
		}) }, e))
	});
}
function bi({ logit: e, layers: t, note: n }) {
	let r = I(), i = r.manifest.classes?.shard ?? 64, a = L(`logits/${Math.floor(e / i)}`).value, o = t.map((t) => z(r, t, e)).find((e) => e !== void 0), s = a?.incoming[e - a.first] ?? [];
	return /* @__PURE__ */ F(S, { children: [o && /* @__PURE__ */ F(q, {
		title: "Its logit",
		note: "What excites the logit most, and what it takes from it.",
		children: /* @__PURE__ */ F("a", {
			class: "pair-link",
			href: U(o.name, e),
			children: [/* @__PURE__ */ F("span", {
				class: "pair",
				children: [/* @__PURE__ */ F($, {
					layer: o,
					channel: e,
					kind: "photos",
					side: 112
				}), /* @__PURE__ */ F($, {
					layer: o,
					channel: e,
					kind: "projections",
					side: 112
				})]
			}), /* @__PURE__ */ F(Nt, { unit: `${o.name}:${e}` })]
		})
	}), s.length > 0 && /* @__PURE__ */ F(ui, {
		title: "What its logit is computed from",
		joints: s,
		note: n
	})] });
}
// src/parts/Caution.tsx
function xi({ layers: e }) {
	let t = e.filter(ln);
	return t.length ? /* @__PURE__ */ F("p", {
		class: "caution",
		children: [t.map((e, t) => /* @__PURE__ */ F("span", { children: [t > 0 && ", ", /* @__PURE__ */ F(K, { text: e.name })] }, e.id)), ": projections look much like a random signal's from the same place (median cosine above 0.9). They say where, hardly what."]
	}) : null;
}
// src/parts/Marked.tsx
function Si() {
	let e = I(), t = qt(), { toast: n } = P(), r = Object.entries(t.all());
	if (!r.length) return null;
	let i = () => Xe("notes.json", JSON.stringify({
		model: e.manifest.model.name,
		fingerprint: e.manifest.model.fingerprint,
		notes: t.all()
	}, null, 1)), a = async (r) => {
		let i = r.files?.[0];
		if (r.value = "", !i) return;
		let a = Ci(await i.text(), e.manifest.model.fingerprint);
		n(a === null ? "This file holds notes on another network" : `${Z(t.merge(a), "note")} taken in`);
	};
	return /* @__PURE__ */ F(q, {
		title: "Marked units",
		class: "panel marked",
		children: [/* @__PURE__ */ F("ul", {
			class: "tiles",
			children: r.map(([t, n]) => {
				let r = G(t), i = r && z(e, r.layer, r.channel);
				return !r || !i || r.channel >= i.channels ? null : /* @__PURE__ */ F("li", { children: /* @__PURE__ */ F("a", {
					href: U(r.layer, r.channel),
					children: [
						/* @__PURE__ */ F("span", {
							class: "pair",
							children: [/* @__PURE__ */ F($, {
								layer: i,
								channel: r.channel,
								kind: "photos",
								side: 64
							}), /* @__PURE__ */ F($, {
								layer: i,
								channel: r.channel,
								kind: "projections",
								side: 64
							})]
						}),
						/* @__PURE__ */ F("span", {
							class: "caption",
							children: /* @__PURE__ */ F("b", { children: /* @__PURE__ */ F(Nt, { unit: t }) })
						}),
						n && /* @__PURE__ */ F("small", {
							class: "clamp",
							children: n
						})
					]
				}) }, t);
			})
		}), /* @__PURE__ */ F("p", {
			class: "actions",
			children: [/* @__PURE__ */ F("button", {
				type: "button",
				onClick: i,
				children: "Save notes"
			}), /* @__PURE__ */ F("label", {
				class: "button",
				children: ["Take in notes…", /* @__PURE__ */ F("input", {
					class: "heard",
					type: "file",
					accept: "application/json,.json",
					onChange: (e) => void a(e.currentTarget)
				})]
			})]
		})]
	});
}
function Ci(e, t) {
	let n;
	try {
		n = JSON.parse(e);
	} catch {
		return {};
	}
	return typeof n != "object" || !n || !("notes" in n) ? {} : "fingerprint" in n && n.fingerprint !== t ? null : Wt(JSON.stringify(n.notes));
}
// src/pages/Home.tsx
function wi(e, t) {
	if (!e) return t.map((e) => ({ shown: e }));
	let n = new Map(t.map((e) => [e.name, e])), r = [];
	for (let t of e.layers) {
		let e = n.get(t.name), i = r.at(-1);
		e ? r.push({ shown: e }) : i && "passed" in i ? i.passed.push(t) : r.push({ passed: [t] });
	}
	return r;
}
function Ti() {
	let { manifest: e } = I(), { router: t } = P(), n = L("network"), r = N(() => wi(n.value, e.layers), [n.value, e]), [i, a] = A(-1), o = (t) => () => a((n) => Math.max(0, Math.min(e.layers.length - 1, n + t)));
	Ke({
		ArrowDown: o(1),
		j: o(1),
		ArrowUp: o(-1),
		k: o(-1),
		Enter: () => {
			let n = e.layers[Math.max(0, i)];
			n && t.go(H(n.name));
		}
	});
	let s = e.layers.reduce((e, t) => e + t.units.dead, 0);
	return /* @__PURE__ */ F(S, { children: [
		/* @__PURE__ */ F("h1", { children: /* @__PURE__ */ F(K, {
			text: e.model.name,
			plain: !0
		}) }),
		/* @__PURE__ */ F("p", {
			class: "lead",
			children: [
				"What its ",
				Z(e.units, "unit"),
				" in ",
				Z(e.layers.length, "layer"),
				" respond to, in ",
				Z(e.data.count, "image"),
				s > 0 && `; ${Z(s, "unit")} never ${s === 1 ? "responds" : "respond"}`,
				"."
			]
		}),
		/* @__PURE__ */ F(ki, { manifest: e }),
		/* @__PURE__ */ F(xi, { layers: e.layers }),
		/* @__PURE__ */ F("div", {
			class: "map-head",
			children: /* @__PURE__ */ F("h2", { children: "Layers in execution order" })
		}),
		/* @__PURE__ */ F("ol", {
			class: "map",
			children: r.map((t, r) => "shown" in t ? /* @__PURE__ */ F(Di, {
				layer: t.shown,
				role: sn(t.shown.name, n.value?.layers ?? []),
				current: e.layers.indexOf(t.shown) === i
			}, t.shown.id) : /* @__PURE__ */ F(Oi, { layers: t.passed }, `passed-${r}`))
		}),
		/* @__PURE__ */ F(Ei, {}),
		/* @__PURE__ */ F(Si, {}),
		/* @__PURE__ */ F(Mi, { manifest: e })
	] });
}
function Ei() {
	let e = ut();
	return e.length ? /* @__PURE__ */ F(q, {
		title: "Compare with",
		class: "panel beside",
		note: "Atlases beside this one: which of their units do the same as units here.",
		children: /* @__PURE__ */ F("p", {
			class: "chips",
			children: e.map((e) => /* @__PURE__ */ F("a", {
				class: "chip",
				href: V("#/compare", { with: e.name }),
				title: e.data,
				children: [
					/* @__PURE__ */ F("b", { children: e.name }),
					" ",
					/* @__PURE__ */ F("bdi", { children: e.model })
				]
			}, e.name))
		})
	}) : null;
}
function Di({ layer: e, role: t, current: n }) {
	let { manifest: r } = I(), i = e.preview, a = window.innerWidth < 600 ? 28 : 40, o = Math.min(i.columns, r.subset?.[e.name]?.length ?? e.channels), s = B(r.paths.preview, { layer: e.id });
	return /* @__PURE__ */ F("li", {
		class: n ? "station current" : "station",
		children: /* @__PURE__ */ F("a", {
			href: H(e.name),
			children: [
				/* @__PURE__ */ F("span", {
					class: "station-name",
					children: [/* @__PURE__ */ F("b", { children: /* @__PURE__ */ F(K, { text: e.name }) }), /* @__PURE__ */ F("span", {
						class: "op",
						children: [e.op, t].filter(Boolean).join(", ")
					})]
				}),
				/* @__PURE__ */ F("span", {
					class: "station-shape",
					children: [/* @__PURE__ */ F("span", {
						class: "number",
						children: tn(e)
					}), /* @__PURE__ */ F("small", { children: e.spatial ? "units × map" : "units" })]
				}),
				/* @__PURE__ */ F("span", {
					class: "station-field",
					children: [/* @__PURE__ */ F(kt, {
						field: e.field,
						input: r.model.input
					}), /* @__PURE__ */ F("span", { children: [e.field ? `${e.field.size[0]} px` : "all", /* @__PURE__ */ F("small", { children: e.field ? `stride ${e.field.stride[0]}` : "whole image" })] })]
				}),
				/* @__PURE__ */ F("span", {
					class: "station-told",
					children: [
						/* @__PURE__ */ F("span", {
							class: e.units.dead ? "station-dead some" : "station-dead",
							children: [e.units.dead, " dead"]
						}),
						e.control && /* @__PURE__ */ F("small", {
							class: ln(e) ? "some" : "",
							title: "Median cosine of a unit's projection and a random signal's from the same place: 1 alike, 0 unrelated",
							children: ["like control ", e.control.median?.toFixed(2) ?? "–"]
						}),
						/* @__PURE__ */ F(vr, {
							layer: e.name,
							brief: !0
						})
					]
				}),
				/* @__PURE__ */ F("span", {
					class: "strip",
					"aria-hidden": "true",
					children: [0, 1].map((e) => /* @__PURE__ */ F("span", { children: Array.from({ length: o }, (t, n) => /* @__PURE__ */ F(pn, {
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
function Oi({ layers: e }) {
	return /* @__PURE__ */ F("li", {
		class: "passed",
		children: /* @__PURE__ */ F("details", { children: [/* @__PURE__ */ F("summary", { children: [e.length === 1 ? e[0]?.name : `${e.length} layers`, ", not in this atlas"] }), /* @__PURE__ */ F("ul", { children: e.map((e) => /* @__PURE__ */ F("li", { children: [
			/* @__PURE__ */ F(K, { text: e.name }),
			" ",
			/* @__PURE__ */ F("span", {
				class: "op",
				children: e.op
			}),
			" ",
			/* @__PURE__ */ F("span", {
				class: "number",
				children: tn(e)
			}),
			" ",
			/* @__PURE__ */ F("span", { children: rn(e) })
		] }, e.name)) })] })
	});
}
function ki({ manifest: e }) {
	let { count: t, shown: n } = e.failures;
	return t ? /* @__PURE__ */ F("details", {
		class: "panel warning",
		children: [/* @__PURE__ */ F("summary", { children: [
			Z(t, "image"),
			" could not be read and ",
			t === 1 ? "was" : "were",
			" left out"
		] }), /* @__PURE__ */ F("ul", { children: [n.map((e) => /* @__PURE__ */ F("li", { children: [
			/* @__PURE__ */ F(K, { text: e.name }),
			" ",
			/* @__PURE__ */ F("span", {
				class: "quiet",
				children: e.reason
			})
		] }, e.image)), t > n.length && /* @__PURE__ */ F("li", {
			class: "quiet",
			children: [
				"and ",
				t - n.length,
				" more, in atlas.sqlite"
			]
		})] })]
	}) : null;
}
var Ai = ({ value: e }) => /* @__PURE__ */ F("code", {
	class: "hash",
	title: e,
	children: [e.slice(0, 16), "…"]
}), ji = (e, t) => t ? [[e, t]] : [];
function Mi({ manifest: e }) {
	let { model: t, data: n, options: r, versions: i, check: a } = e;
	return /* @__PURE__ */ F("div", {
		class: "cards",
		children: [
			/* @__PURE__ */ F(q, {
				title: "Model",
				children: /* @__PURE__ */ F(Ot, { rows: [
					["Name", /* @__PURE__ */ F(K, {
						text: t.name,
						plain: !0
					}, "n")],
					["Input", `${t.input.join(" × ")}, ${t.dtype}`],
					["Preparation", t.preprocessText],
					["Output", /* @__PURE__ */ F(K, {
						text: t.output + (t.classes ? `, ${Z(t.classes, "class", "classes")}` : ""),
						plain: !0
					}, "o")],
					...ji("Taken for", t.meaning),
					["SHA-256", /* @__PURE__ */ F(Ai, { value: t.fingerprint }, "h")]
				] })
			}),
			/* @__PURE__ */ F(q, {
				title: "Images",
				children: /* @__PURE__ */ F(Ot, { rows: [
					["Collection", /* @__PURE__ */ F(K, {
						text: n.description,
						plain: !0
					}, "n")],
					["Count", Z(n.count, "image")],
					["Labels", n.classes ? e.classes ? /* @__PURE__ */ F("a", {
						href: "#/c",
						children: Z(n.classes, "class", "classes")
					}, "l") : Z(n.classes, "class", "classes") : "none"],
					["Left out", String(e.failures.count)],
					["SHA-256", /* @__PURE__ */ F(Ai, { value: n.fingerprint }, "h")]
				] })
			}),
			/* @__PURE__ */ F(q, {
				title: "How it was made",
				children: /* @__PURE__ */ F(Ot, { rows: [
					["When", dn(e.created)],
					["Shown", `${r.k} strongest responses a unit, one an image`],
					["Projection", `${r.rule}; smooth activations: ${r.smooth}; colliding switches: ${r.overlap}; LRN: ${r.lrn}${r.gates ? `; gates: ${r.gates}` : ""}`],
					["Seed", r.seed === null ? "not needed" : String(r.seed)],
					...ji("Check", a?.sentence),
					["Versions", Object.entries(i).map(([e, t]) => `${e} ${t}`).join(", ")]
				] })
			})
		]
	});
}
// src/parts/Strong.tsx
function Ni(e, t, n, r) {
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
var Pi = () => window.innerWidth >= 1700 ? 96 : 64;
function Fi({ layer: e, row: t, image: n, rows: r, wins: i, grid: a, taken: o, mark: s, pin: c, pinned: l }) {
	let { manifest: u } = I(), d = u.paths.taken && a ? B(u.paths.taken, {
		image: n,
		thousand: Math.floor(n / 1e3)
	}) : null;
	return /* @__PURE__ */ F("ul", {
		class: "tiles",
		children: r.map(([r, f, p, m, h], g) => {
			let [_, v, y, b, x] = o?.[g] ?? [], S = _ === void 0 ? null : [
				_,
				v,
				y,
				b
			], C = S && d && a ? {
				path: d,
				grid: a,
				cell: t * a.columns + g
			} : null, w = {
				box: Ni(e, m, h, u.model.input),
				part: S,
				over: C,
				words: `${e.name}:${r}, response ${X(f)}${x ? `; black and white ±${X(x)}` : ""}`
			}, T = () => s(w), E = l?.words === w.words, D = i.find((e) => e[1] === r)?.[2];
			return /* @__PURE__ */ F("li", {
				onPointerEnter: (e) => e.pointerType === "mouse" && T(),
				onPointerLeave: () => s(null),
				children: [/* @__PURE__ */ F("a", {
					href: U(e.name, r),
					onFocus: T,
					onBlur: () => s(null),
					children: [/* @__PURE__ */ F("span", {
						class: "pair",
						children: [/* @__PURE__ */ F("span", {
							class: "cut-tile",
							style: { width: `${Pi()}px` },
							children: /* @__PURE__ */ F(Cn, {
								image: n,
								box: S ?? w.box
							})
						}), C ? /* @__PURE__ */ F(pn, {
							path: C.path,
							grid: C.grid,
							panel: 0,
							cell: C.cell,
							side: Pi(),
							boost: !0
						}) : D === void 0 ? /* @__PURE__ */ F("span", {
							class: "tile none",
							title: "not projected",
							style: {
								width: `${Pi()}px`,
								height: `${Pi()}px`
							}
						}) : /* @__PURE__ */ F(Ii, {
							layer: e,
							channel: r,
							rank: D
						})]
					}), /* @__PURE__ */ F(Mt, {
						layer: e,
						channel: r,
						children: /* @__PURE__ */ F("span", {
							title: "response, and its share of the unit's maximum",
							children: [
								X(f),
								" · ",
								p >= .9995 ? "max" : `${Math.round(100 * p)} %`
							]
						})
					})]
				}), /* @__PURE__ */ F("button", {
					type: "button",
					class: "versus",
					"aria-pressed": E,
					"aria-label": `Where unit ${r} responds`,
					title: "Where it responds, and what it takes",
					onClick: () => (c(E ? null : w), E && s(null)),
					children: /* @__PURE__ */ F("svg", {
						viewBox: "0 0 16 16",
						"aria-hidden": "true",
						children: [/* @__PURE__ */ F("circle", {
							cx: "8",
							cy: "8",
							r: "4.5"
						}), /* @__PURE__ */ F("path", { d: "M8 0v6M8 10v6M0 8h6M10 8h6" })]
					})
				})]
			}, r);
		})
	});
}
function Ii({ layer: e, channel: t, rank: n, photo: r }) {
	return /* @__PURE__ */ F(pn, {
		path: In(I(), e, t),
		grid: e.sprite,
		panel: +!r,
		cell: n,
		side: Pi(),
		boost: !r
	});
}
var Li = 24;
function Ri({ layer: e, wins: t }) {
	let [n, r] = A(!1), i = n ? t : t.slice(0, Li);
	return /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F("ul", {
		class: "tiles",
		children: i.map(([, t, n]) => /* @__PURE__ */ F("li", { children: /* @__PURE__ */ F("a", {
			href: U(e.name, t),
			children: [/* @__PURE__ */ F("span", {
				class: "pair",
				children: [/* @__PURE__ */ F(Ii, {
					layer: e,
					channel: t,
					rank: n,
					photo: !0
				}), /* @__PURE__ */ F(Ii, {
					layer: e,
					channel: t,
					rank: n
				})]
			}), /* @__PURE__ */ F(Mt, {
				layer: e,
				channel: t,
				children: /* @__PURE__ */ F("span", { children: ["no. ", n + 1] })
			})]
		}) }, t))
	}), t.length > i.length && /* @__PURE__ */ F("button", {
		type: "button",
		onClick: () => r(!0),
		children: ["Show all ", t.length]
	})] });
}
// src/pages/Image.tsx
function zi(e, t, n) {
	if (!e.starts) return Math.floor(e.images.indexOf(t) / n);
	let r = -1;
	for (let n of e.starts) {
		if (n > t) break;
		r += 1;
	}
	return r;
}
function Bi({ number: e }) {
	let { manifest: t } = I(), n = Number.isInteger(e) && e >= 0, r = L(n ? "images/index" : null), i = L(n && t.extras ? "profiles/index" : null), a = i.value && t.extras ? zi(i.value, e, t.extras.profileShard) : -1, o = L(a >= 0 ? `profiles/${a}` : null), s = r.value?.shards.find((n) => n === Math.floor(e / t.images.shard)), c = L(s === void 0 ? null : `images/${s}`), l = ft();
	if (!n) return /* @__PURE__ */ F(J, {
		title: "No such image",
		children: "Images have numbers from 0."
	});
	if (r.error) return /* @__PURE__ */ F(J, {
		title: "Data is missing",
		children: r.error.message
	});
	if (!r.value || t.extras && !i.value && !i.error || a >= 0 && !o.value && !o.error || s !== void 0 && !c.value && !c.error) return /* @__PURE__ */ F(Y, { what: `image ${e}` });
	let u = c.value?.images[e], d = o.value?.images[e], f = d ?? u;
	if (!f) return /* @__PURE__ */ F(J, {
		title: "Not in this atlas",
		children: e < t.data.count ? `Image ${e} is shown nowhere in this atlas, which looked at ${Z(i.value?.count ?? 0, "image")} of ${t.data.count} one by one.` : `The collection has images 0 to ${t.data.count - 1}.`
	});
	let p = f.label < 0 ? null : (o.value ?? c.value)?.classes[f.label] ?? `class ${f.label}`, m = (l ?? []).filter((t) => t.images.includes(e)), h = (d?.answers ?? []).map(([e, t]) => [o.value?.answers?.names[e] ?? `class ${e}`, o.value?.answers?.score === "value" ? X(t) : $t(t && Number(t.toPrecision(3)))]);
	return /* @__PURE__ */ F(Vi, {
		number: e,
		name: f.name,
		label: p,
		answers: h,
		strong: d?.layers ?? null,
		wins: u?.wins ?? [],
		images: i.value?.images ?? [],
		about: m
	});
}
function Vi({ number: e, name: t, label: n, answers: r, strong: i, wins: a, images: o, about: s }) {
	let { manifest: c } = I(), { router: l } = P(), [u, d] = A(null), [f, p] = A(null), m = u ?? f, h = L(c.taken ? "taken/index" : null).value, g = L(h?.images.includes(e) ? `taken/${e}` : null).value, _ = o.indexOf(e), [v, y] = _ < 0 ? [] : [o[_ - 1], o[_ + 1]], b = (e) => () => e === void 0 ? void 0 : l.step(W(e));
	return Ke({
		ArrowLeft: b(v),
		h: b(v),
		ArrowRight: b(y),
		l: b(y)
	}), /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F("div", {
		class: "page-head",
		children: [/* @__PURE__ */ F("div", { children: [
			/* @__PURE__ */ F("h1", { children: /* @__PURE__ */ F(K, { text: Q(t) }) }),
			/* @__PURE__ */ F("p", {
				class: "lead",
				children: [
					"image ",
					e,
					n !== null && /* @__PURE__ */ F(S, { children: [" · ", /* @__PURE__ */ F(jt, {
						name: n,
						number: -1
					})] }),
					" · ",
					"among the strongest of ",
					Z(a.length, "unit")
				]
			}),
			r.length > 0 && /* @__PURE__ */ F("p", {
				class: "answers",
				children: [
					"The network answers",
					" ",
					r.map(([e, t], n) => /* @__PURE__ */ F("span", { children: [
						n > 0 && ", ",
						/* @__PURE__ */ F(jt, {
							name: e,
							number: -1
						}),
						" ",
						t
					] }, e))
				]
			})
		] }), /* @__PURE__ */ F("div", {
			class: "steps",
			children: [v !== void 0 && /* @__PURE__ */ F("a", {
				href: W(v),
				"aria-label": `Previous image, ${v}`,
				title: "Previous image (←)",
				children: "←"
			}), y !== void 0 && /* @__PURE__ */ F("a", {
				href: W(y),
				"aria-label": `Next image, ${y}`,
				title: "Next image (→)",
				children: "→"
			})]
		})]
	}), /* @__PURE__ */ F("div", {
		class: "image-page",
		children: [/* @__PURE__ */ F("figure", {
			class: "looked sticky",
			children: [
				/* @__PURE__ */ F(bn, {
					image: e,
					name: t,
					box: m?.box ?? null,
					part: m?.part ?? null,
					over: m?.over ?? null
				}),
				/* @__PURE__ */ F("figcaption", { children: m ? m.words : "Point at a unit, or press its mark, to see where it responds and what it takes" }),
				/* @__PURE__ */ F("p", {
					class: "quiet path",
					children: /* @__PURE__ */ F(K, {
						text: t,
						plain: !0
					})
				}),
				/* @__PURE__ */ F("ul", {
					class: "plain",
					children: s.map((e) => /* @__PURE__ */ F("li", { children: /* @__PURE__ */ F("a", {
						href: wt(e.name),
						children: e.title
					}) }, e.name))
				})
			]
		}), /* @__PURE__ */ F("div", { children: [
			i && /* @__PURE__ */ F(Hi, {
				taken: g !== null,
				known: !c.taken || h !== null
			}),
			/* @__PURE__ */ F(Vr, { image: e }),
			c.layers.map((t, n) => {
				let r = i?.[n] ?? [], o = a.filter((e) => e[0] === n);
				return !r.length && !o.length ? null : /* @__PURE__ */ F(q, {
					title: t.name,
					note: o.length ? `among the ${c.options.k} strongest of ${Z(o.length, "unit")}` : void 0,
					children: [r.length > 0 ? /* @__PURE__ */ F(Fi, {
						layer: t,
						image: e,
						rows: r,
						wins: o,
						grid: h?.grids[n],
						row: n,
						taken: g?.layers[n],
						mark: d,
						pin: p,
						pinned: f
					}) : /* @__PURE__ */ F(Ri, {
						layer: t,
						wins: o
					}), r.length > 0 && o.length > 0 && /* @__PURE__ */ F("details", { children: [/* @__PURE__ */ F("summary", { children: "Units it is among the strongest of" }), /* @__PURE__ */ F(Ri, {
						layer: t,
						wins: o
					})] })]
				}, t.id);
			})
		] })]
	})] });
}
function Hi({ taken: e, known: t }) {
	let { manifest: n } = I(), r = n.taken;
	return /* @__PURE__ */ F("div", {
		class: "beside-note",
		children: [/* @__PURE__ */ F("p", {
			class: "note",
			children: ["The units that respond most, by share of their own maximum (“max”: no image excites the unit more): the place in this image, and what each takes from it.", !e && t && (r ? ` Of this image the latter is kept only where it is among a unit's strongest: ${Z(r.images, "image")}, evenly spread, fit the ${un(r.budget)} that the atlas was made with (--image-bytes).` : " This atlas keeps the latter only where the image is among a unit's strongest.")]
		}), /* @__PURE__ */ F(It, {})]
	});
}
// src/parts/Grid.tsx
var Ui = (e) => e === document.documentElement ? window : e, Wi = 400;
function Gi(e, t, n, r, i, a, o) {
	let s = o ?? Math.max(1, Math.floor((t + r) / (n.width + r))), c = Math.ceil(e / s), l = n.height + r, u = Math.max(0, Math.min(c, Math.floor((i - Wi) / l))), d = Math.max(u, Math.min(c, Math.ceil((a + Wi) / l)));
	return {
		columns: s,
		step: o ? n.width + r : Math.floor((t + r) / s),
		first: u * s,
		last: Math.min(e, d * s),
		height: Math.max(0, c * l - r)
	};
}
function Ki(e, t, n) {
	let r = () => {
		let r = e.current?.getBoundingClientRect(), i = r?.width || 900, a = -(r?.top ?? 0);
		return Gi(t.count, i, t.cell, n, a, a + window.innerHeight, t.columns);
	}, [i, a] = A(r), [o, s] = A(!1), c = () => {
		let e = r();
		a((t) => t.columns === e.columns && t.step === e.step && t.first === e.first && t.last === e.last && t.height === e.height ? t : e);
	};
	Ne(c, [
		t.count,
		t.cell.width,
		t.cell.height,
		t.columns
	]);
	let l = M(c);
	return l.current = c, j(() => {
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
function qi(e) {
	let { count: t, cell: n, gap: r = 10, current: i, select: a, open: o } = e, s = P(), c = M(null), l = Ki(c, e, r), u = M(!1), d = (e) => {
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
	Ke(e.keys === !1 ? {} : {
		...m,
		Enter: () => i >= 0 && o(i)
	}), Ne(() => {
		if (!u.current || i < 0 || !c.current) return;
		let e = c.current.querySelector(`[data-index="${i}"]`);
		if (e) u.current = !1, e.querySelector("a")?.focus({ preventScroll: !0 }), e.scrollIntoView({ block: "nearest" });
		else {
			let e = c.current.getBoundingClientRect().top + Math.floor(i / f) * (n.height + r);
			Ui(s.root).scrollBy({
				top: e - window.innerHeight / 3,
				behavior: "instant"
			});
		}
	});
	let h = M(!1);
	j(() => {
		if (h.current || i < 0 || !c.current || !s.root.isConnected) return;
		h.current = !0;
		let e = c.current.getBoundingClientRect().top + Math.floor(i / f) * (n.height + r);
		e > window.innerHeight - n.height && Ui(s.root).scrollBy({
			top: e - window.innerHeight / 3,
			behavior: "instant"
		});
	}, [i]);
	let g = M(/* @__PURE__ */ new Map()), _ = [], v = /* @__PURE__ */ new Map();
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
			item: Ji(e, a, l, r)
		};
		v.set(a, c), _.push(c.item);
	}
	return g.current = v, /* @__PURE__ */ F("ul", {
		class: "virtual",
		ref: c,
		"aria-label": e.label,
		style: { height: `${l.height}px` },
		children: _
	});
}
function Ji({ count: e, cell: t, current: n, keyOf: r, render: i }, a, o, s) {
	return /* @__PURE__ */ F("li", {
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
// src/pages/Images.tsx
function Yi() {
	let { manifest: e, store: t } = I(), n = L(e.extras ? "profiles/index" : null), r = L(e.extras ? null : "images/index"), [i, a] = A(null);
	j(() => {
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
function Xi({ query: e }) {
	let { manifest: t } = I(), { router: n } = P(), { images: r, error: i } = Yi(), [a, o] = A(-1), s = (e.get("q") ?? "").toLowerCase();
	if (i) return /* @__PURE__ */ F(J, {
		title: "Data is missing",
		children: i.message
	});
	if (!r) return /* @__PURE__ */ F(Y, { what: "images" });
	let c = r.filter((e) => e.name.toLowerCase().includes(s) || (e.label ?? "").toLowerCase().includes(s));
	return /* @__PURE__ */ F(S, { children: [
		/* @__PURE__ */ F("h1", { children: "Images" }),
		/* @__PURE__ */ F("p", {
			class: "lead",
			children: [
				Z(r.length, "image"),
				" of ",
				t.data.count,
				", each with the units that respond to it most",
				r.length < t.data.count && ", evenly spread over the collection; every other image that a unit is strongest on has its page too",
				"."
			]
		}),
		/* @__PURE__ */ F("div", {
			class: "bar",
			children: [/* @__PURE__ */ F("input", {
				id: "search",
				class: "find",
				type: "search",
				value: e.get("q") ?? "",
				onInput: (e) => n.replace(V("#/images", { q: e.currentTarget.value })),
				placeholder: "Find name or label",
				"aria-label": "Find images"
			}), /* @__PURE__ */ F("output", {
				class: "count",
				"aria-live": "polite",
				children: [
					c.length,
					" of ",
					r.length
				]
			})]
		}),
		c.length === 0 ? /* @__PURE__ */ F("p", {
			class: "empty",
			children: ["No image listed has this in its name or label.", /^\d+$/.test(s) && /* @__PURE__ */ F(S, { children: [" ", /* @__PURE__ */ F("a", {
				href: W(Number(s)),
				children: ["Open image ", Number(s)]
			})] })]
		}) : /* @__PURE__ */ F(qi, {
			count: c.length,
			cell: {
				width: 132,
				height: 168
			},
			label: "Images",
			current: a,
			select: o,
			open: (e) => n.go(W(c[e]?.number ?? 0)),
			keyOf: (e) => c[e]?.number ?? e,
			render: (e, t) => /* @__PURE__ */ F(Zi, {
				image: c[e],
				first: t
			})
		})
	] });
}
function Zi({ image: e, first: t }) {
	let n = R(yn(I(), e.number));
	return /* @__PURE__ */ F("a", {
		class: "unit thumb",
		href: W(e.number),
		tabIndex: t ? 0 : -1,
		children: [
			n ? /* @__PURE__ */ F("img", {
				src: n,
				alt: "",
				width: 120,
				height: 120
			}) : /* @__PURE__ */ F("span", { class: "tile none" }),
			/* @__PURE__ */ F("span", {
				class: "caption",
				children: /* @__PURE__ */ F("b", { children: /* @__PURE__ */ F(K, { text: e.label ?? Q(e.name) }) })
			}),
			e.label !== null && /* @__PURE__ */ F("small", { children: /* @__PURE__ */ F(K, { text: Q(e.name) }) })
		]
	});
}
// src/alike.ts
function Qi(e) {
	let t = atob(e.codes);
	return Int8Array.from({ length: t.length - t.length % e.rank }, (e, n) => t.charCodeAt(n));
}
function $i(e, t, n = []) {
	let { rank: r } = e, i = Qi(e), a = i.length / r, o = i.subarray(t * r, (t + 1) * r), s = new Set(n.map(([e]) => e)), c = n.at(-1)?.[1] ?? 1, l = [...n];
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
var ea = 32;
function ta(e, t) {
	let n = Qi(e), r = Math.min(ea, e.rank), i = t.filter((t) => n.subarray(t * e.rank, (t + 1) * e.rank).some((e) => e !== 0)), a = new Float32Array(i.length * r);
	return i.forEach((t, i) => a.set(n.subarray(t * e.rank, t * e.rank + r), i * r)), {
		vectors: {
			rank: r,
			values: a
		},
		units: i
	};
}
var na = (e) => `correlation of strongest responses in ${e.images} images${e.error >= .005 ? `, ± ${e.error.toFixed(2)} beyond the nearest` : ""}`, ra = [
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
], ia = [
	"grey",
	"hue",
	"blurred",
	"shuffled",
	"mirrored",
	"turned",
	"moved"
], aa = (e) => ia.includes(e), oa = ["lost", "falls"], sa = (e) => oa.includes(e), ca = (e, t, n) => t.find((t) => t === e) ?? n, la = (e) => {
	if (e === null || e.trim() === "") return null;
	let t = Number(e);
	return Number.isFinite(t) ? t : null;
};
function ua(e) {
	let t = ca(e.get("sort"), ra.map(([e]) => e), "index");
	return {
		view: ca(e.get("view"), [
			"photos",
			"projections",
			"both"
		], "both"),
		sort: t,
		ascending: e.has("up") ? e.get("up") === "1" : t === "index",
		alive: ca(e.get("alive"), [
			"all",
			"alive",
			"dead"
		], "all"),
		class: la(e.get("class")),
		like: ca(e.get("like"), [
			"all",
			"unlike",
			"like"
		], "all"),
		low: la(e.get("low")),
		high: la(e.get("high")),
		near: la(e.get("near")),
		text: e.get("q") ?? "",
		marked: e.get("marked") === "1"
	};
}
function da(e) {
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
function fa(e, t, n, r) {
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
function pa(e, t, n, { nearest: r = [], controls: i, measured: a, only: o, marked: s = /* @__PURE__ */ new Set() } = {}) {
	let c = fa(n, t, s, i), l = new Set(t.dead), u = {
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
		units: ma(f, t, n, r, i, a),
		counts: u
	};
}
function ma(e, t, n, r, i, a) {
	let o = n.ascending ? 1 : -1;
	if (n.sort === "index") return n.ascending ? e : e.reverse();
	let s = new Map(r);
	if (n.near !== null && s.set(n.near, Infinity), n.sort === "map") return e;
	let c = n.sort === "similar" ? null : n.sort === "control" ? i : aa(n.sort) || sa(n.sort) ? a : t[n.sort], l = (e) => c ? c[e] ?? null : n.sort === "similar" ? s.get(e) ?? null : null;
	return e.sort((e, t) => {
		let [n, r] = [l(e), l(t)];
		return n === null || r === null ? n === r ? e - t : n === null ? 1 : -1 : n === r ? e - t : o * (n < r ? -1 : 1);
	});
}
// src/parts/Spread.tsx
var ha = 28, [ga, _a] = [140, 26];
function va(e, t, n, r) {
	return n > t ? Math.max(0, Math.min(r - 1, Math.floor((e - t) / (n - t) * r))) : null;
}
function ya({ values: e, least: t, most: n, low: r, high: i, change: a }) {
	let o = M(null);
	if (!(n > t)) return null;
	let s = Array(ha).fill(0);
	for (let r of e) {
		let e = va(r, t, n, ha);
		e !== null && (s[e] = (s[e] ?? 0) + 1);
	}
	let c = Math.max(...s, 1), l = (e) => t + (n - t) * e / ha, u = (e, t) => Math.max(0, Math.min(27, Math.floor((e.clientX - t.left) / t.width * ha))), d = (e) => {
		if (o.current === null) return;
		let t = u(e, o.current.box), [n, r] = [Math.min(o.current.bin, t), Math.max(o.current.bin, t)];
		a(n === 0 ? null : Number(l(n).toPrecision(4)), r === 27 ? null : Number(l(r + 1).toPrecision(4)));
	}, f = (e) => (r === null || l(e + 1) > r) && (i === null || l(e) < i);
	return /* @__PURE__ */ F("svg", {
		class: "spread",
		viewBox: `0 0 ${ga} ${_a}`,
		width: ga,
		height: _a,
		"aria-hidden": "true",
		onPointerDown: (e) => {
			let t = e.currentTarget;
			t.setPointerCapture(e.pointerId);
			let n = t.getBoundingClientRect();
			o.current = {
				bin: u(e, n),
				box: n
			}, d(e);
		},
		onPointerMove: d,
		onPointerUp: () => {
			o.current = null;
		},
		children: [
			/* @__PURE__ */ F("title", { children: "Drag to choose a range" }),
			/* @__PURE__ */ F("rect", {
				class: "ground",
				width: ga,
				height: _a
			}),
			s.map((e, t) => {
				let n = e ? Math.max(1.5, (_a - 2) * Math.sqrt(e / c)) : 0;
				return /* @__PURE__ */ F("rect", {
					class: f(t) ? "bar" : "bar out",
					x: t * ga / ha + .5,
					y: _a - n,
					width: ga / ha - 1,
					height: n,
					children: /* @__PURE__ */ F("title", { children: `${X(l(t))} to ${X(l(t + 1))}: ${e}` })
				}, t);
			})
		]
	});
}
// src/parts/LayerBar.tsx
var ba = (e) => e.trim() === "" || !Number.isFinite(Number(e)) ? null : Number(e);
function xa({ layer: e, data: t, view: n, counts: r, shown: i, measure: a, silenced: o, change: s }) {
	let { manifest: c } = I(), [l, u] = A(!1), d = [
		n.alive !== "all",
		n.class !== null,
		n.like !== "all",
		n.low !== null || n.high !== null,
		n.text !== ""
	].filter(Boolean).length, f = ra.filter(([e]) => (e !== "selectivity" || t.selectivity) && (e !== "map" || c.extras?.alike) && (e !== "control" || c.paths.likeness) && (!aa(e) || c.paths.tuning) && (!sa(e) || o)), p = [...r.classes].sort((e, t) => t[1] - e[1]), m = t.maximum.filter((e) => e !== null), [h, g] = [m.reduce((e, t) => Math.min(e, t), Infinity), m.reduce((e, t) => Math.max(e, t), -Infinity)];
	return /* @__PURE__ */ F("div", {
		class: l ? "bar open" : "bar",
		role: "group",
		"aria-label": "Order and filters",
		children: [
			/* @__PURE__ */ F(Pt, {
				label: "Show",
				value: n.view,
				options: [
					["photos", "Photos"],
					["projections", "Projections"],
					["both", "Both"]
				],
				change: (e) => s({ view: e })
			}),
			n.view !== "photos" && /* @__PURE__ */ F(It, {}),
			/* @__PURE__ */ F("label", { children: ["Sort", /* @__PURE__ */ F("select", {
				value: n.sort,
				onChange: (e) => s({
					sort: e.currentTarget.value,
					ascending: e.currentTarget.value === "index",
					near: e.currentTarget.value === "similar" ? n.near ?? 0 : n.near
				}),
				children: f.map(([e, t]) => /* @__PURE__ */ F("option", {
					value: e,
					children: t
				}, e))
			})] }),
			n.sort === "map" ? a && /* @__PURE__ */ F("span", {
				class: "quiet measure",
				children: ["by ", a]
			}) : n.sort === "similar" ? /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F("label", { children: ["Unit", /* @__PURE__ */ F("input", {
				class: "few",
				type: "number",
				min: 0,
				max: e.channels - 1,
				value: n.near ?? 0,
				onInput: (e) => s({ near: ba(e.currentTarget.value) })
			})] }), a && /* @__PURE__ */ F("span", {
				class: "quiet measure",
				children: ["by ", a]
			})] }) : /* @__PURE__ */ F("button", {
				class: "icon",
				type: "button",
				onClick: () => s({ ascending: !n.ascending }),
				"aria-label": n.ascending ? "Ascending; change to descending" : "Descending; change to ascending",
				title: n.ascending ? "Ascending" : "Descending",
				children: n.ascending ? "↑" : "↓"
			}),
			/* @__PURE__ */ F("button", {
				type: "button",
				class: "fold",
				"aria-expanded": l,
				onClick: () => u(!l),
				children: ["Filters", d > 0 && ` (${d})`]
			}),
			/* @__PURE__ */ F("span", {
				class: "filter",
				children: /* @__PURE__ */ F(Pt, {
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
			c.paths.likeness && /* @__PURE__ */ F("label", {
				class: "filter",
				children: ["Like control", /* @__PURE__ */ F("select", {
					value: n.like,
					onChange: (e) => s({ like: e.currentTarget.value }),
					children: [
						/* @__PURE__ */ F("option", {
							value: "all",
							children: "any"
						}),
						/* @__PURE__ */ F("option", {
							value: "unlike",
							children: [
								"at most 0.9 (",
								r.like.unlike,
								")"
							]
						}),
						/* @__PURE__ */ F("option", {
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
			t.topClass && /* @__PURE__ */ F("label", {
				class: "filter",
				children: ["Class", /* @__PURE__ */ F("select", {
					class: "classes",
					value: n.class ?? "",
					onChange: (e) => s({ class: ba(e.currentTarget.value) }),
					children: [
						/* @__PURE__ */ F("option", {
							value: "",
							children: "any"
						}),
						n.class !== null && !r.classes.has(n.class) && /* @__PURE__ */ F("option", {
							value: n.class,
							children: [t.classes?.[n.class] ?? n.class, " (0)"]
						}),
						p.map(([e, n]) => /* @__PURE__ */ F("option", {
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
			/* @__PURE__ */ F("span", {
				class: "range filter",
				role: "group",
				"aria-label": "Strongest response between",
				children: [
					/* @__PURE__ */ F("span", {
						"aria-hidden": "true",
						children: "Maximum"
					}),
					/* @__PURE__ */ F(ya, {
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
					/* @__PURE__ */ F("input", {
						class: "few",
						type: "number",
						step: "any",
						value: n.low ?? "",
						placeholder: X(h),
						onInput: (e) => s({ low: ba(e.currentTarget.value) }),
						"aria-label": "Maximum at least"
					}),
					/* @__PURE__ */ F("span", {
						"aria-hidden": "true",
						children: "–"
					}),
					/* @__PURE__ */ F("input", {
						class: "few",
						type: "number",
						step: "any",
						value: n.high ?? "",
						placeholder: X(g),
						onInput: (e) => s({ high: ba(e.currentTarget.value) }),
						"aria-label": "Maximum at most"
					})
				]
			}),
			(r.marked > 0 || n.marked) && /* @__PURE__ */ F("button", {
				type: "button",
				"aria-pressed": n.marked,
				class: "toggle",
				onClick: () => s({ marked: !n.marked }),
				children: [
					/* @__PURE__ */ F("span", {
						"aria-hidden": "true",
						children: "★\xA0"
					}),
					/* @__PURE__ */ F("span", {
						class: "heard",
						children: "Marked "
					}),
					r.marked
				]
			}),
			/* @__PURE__ */ F("input", {
				id: "search",
				class: "find filter",
				type: "search",
				value: n.text,
				placeholder: t.names ? "Find number or name" : "Find number",
				onInput: (e) => s({ text: e.currentTarget.value }),
				"aria-label": "Find units"
			}),
			/* @__PURE__ */ F("output", {
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
var Sa = 12, Ca = .7;
function wa() {
	let e = 625341585;
	return (t) => (e ^= e << 13, e ^= e >>> 17, e ^= e << 5, (e >>> 0) % t);
}
function Ta(e, t, n, r, i, a) {
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
function Ea(e, t) {
	let { rank: n, values: r } = e, i = Math.floor(r.length / n), a = Math.ceil(i / t), o = Da(e, i, t), s = new Float32Array(i * n);
	o.forEach((e, t) => s.set(r.subarray(e * n, (e + 1) * n), t * n));
	let c = wa(), l = new Float32Array(n);
	for (let e = Math.max(1, Math.floor(Math.max(t, a) / 2));; e = Math.floor(e * Ca)) {
		let r = Ta(s, n, t, a, i, Math.max(1, e));
		for (let a = Sa * i; a > 0; --a) {
			let a = c(i), u = Math.floor(a / t) + c(2 * e + 3) - e - 1, d = a % t + c(2 * e + 3) - e - 1, f = u * t + d;
			if (d < 0 || u < 0 || d >= t || f >= i || a === f) continue;
			let p = 0;
			for (let e = 0; e < n; e += 1) p += (s[a * n + e] - s[f * n + e]) * (r[f * n + e] - r[a * n + e]);
			p <= 0 || (l.set(s.subarray(a * n, (a + 1) * n)), s.copyWithin(a * n, f * n, (f + 1) * n), s.set(l, f * n), [o[a], o[f]] = [o[f], o[a]]);
		}
		if (e <= 1) return o;
	}
}
function Da({ rank: e, values: t }, n, r) {
	let i = (n) => (r, i) => t[i * e + n] - t[r * e + n] || r - i, a = Array.from({ length: n }, (e, t) => t).sort(i(0));
	if (e < 2) return a;
	let o = [];
	for (let e = 0; e < n; e += r) o.push(a.slice(e, e + r).sort(i(1)));
	return o.flat();
}
// src/parts/LayerMap.tsx
var Oa = 4, [ka, Aa] = [28, 64];
function ja(e, t) {
	let n = Math.max(1, Math.floor((t + Oa) / (ka + Oa))), r = Math.max(1, Math.min(n, Math.ceil(Math.sqrt(1.6 * e))));
	return {
		columns: r,
		side: Math.max(ka, Math.min(Aa, Math.floor((t + Oa) / r) - Oa))
	};
}
function Ma(e) {
	let { layer: t, data: n, known: r, units: i, kind: a, chosen: o, choose: s, open: c, missing: l } = e, u = M(null), [d, f] = A(-1), p = d >= 0 ? d : o, [m, h] = A(0);
	j(() => {
		if (!u.current) return;
		let e = new ResizeObserver(([e]) => h(Math.floor(e?.contentRect.width ?? 0)));
		return e.observe(u.current), () => e.disconnect();
	}, []);
	let g = N(() => r ? ta(r, i) : null, [r, i]), { columns: _, side: v } = ja(g?.units.length ?? 0, m), y = N(() => g && m ? Ea(g.vectors, _).map((e) => g.units[e]) : null, [
		g,
		_,
		m > 0
	]), b = Pe((e, n) => {
		let r = y?.[e];
		return /* @__PURE__ */ F("a", {
			class: "unit mini",
			href: U(t.name, r),
			tabIndex: n ? 0 : -1,
			"aria-label": `Unit ${r}`,
			onFocus: () => s(r),
			onMouseEnter: () => f(r),
			onMouseLeave: () => f(-1),
			onClick: (e) => {
				e.ctrlKey || e.metaKey || e.shiftKey || e.button || (e.preventDefault(), c(r));
			},
			children: /* @__PURE__ */ F($, {
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
	if (l) return /* @__PURE__ */ F("p", {
		class: "empty",
		children: "This copy does not say how alike all units of a layer are, and has no map of them."
	});
	let x = i.length - (g?.units.length ?? 0);
	return /* @__PURE__ */ F("div", {
		class: "layer-map",
		children: [/* @__PURE__ */ F("div", {
			ref: u,
			children: y ? /* @__PURE__ */ F(qi, {
				count: y.length,
				cell: {
					width: v,
					height: v
				},
				gap: Oa,
				columns: _,
				label: `Map of ${t.name}`,
				current: y.indexOf(o),
				select: (e) => {
					f(-1), s(y[e] ?? -1);
				},
				open: (e) => c(y[e]),
				keyOf: (e) => y[e] ?? e,
				render: b
			}) : /* @__PURE__ */ F(Y, { what: "the map" })
		}), /* @__PURE__ */ F("aside", {
			class: "panel map-look",
			"aria-label": "The unit looked at",
			children: [p >= 0 && p < t.channels ? /* @__PURE__ */ F(Na, {
				layer: t,
				data: n,
				channel: p
			}) : /* @__PURE__ */ F("p", {
				class: "quiet",
				children: "Units that respond to the same images lie side by side. Point at one to see it large."
			}), x > 0 && /* @__PURE__ */ F("p", {
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
function Na({ layer: e, data: t, channel: n }) {
	let r = t.topClass?.[n] ?? -1, i = [["Maximum", X(t.maximum[n])], ["Active", $t(t.active[n])]];
	return r >= 0 && i.push(["Top class", /* @__PURE__ */ F(K, { text: t.classes?.[r] ?? `class ${r}` }, "c")]), /* @__PURE__ */ F(S, { children: [
		/* @__PURE__ */ F("h2", { children: /* @__PURE__ */ F("a", {
			href: U(e.name, n),
			children: ["Unit ", n]
		}) }),
		t.names?.[n] !== void 0 && /* @__PURE__ */ F(K, { text: t.names[n] }),
		/* @__PURE__ */ F("div", {
			class: "map-pair",
			children: [/* @__PURE__ */ F($, {
				layer: e,
				channel: n,
				kind: "photos",
				side: 112
			}), /* @__PURE__ */ F($, {
				layer: e,
				channel: n,
				kind: "projections",
				side: 112
			})]
		}),
		/* @__PURE__ */ F(Ot, { rows: i })
	] });
}
// src/parts/Units.tsx
var Pa = 84, Fa = 72;
function Ia(e, t, n, r, i, a) {
	if (e.dead.includes(a)) return "dead";
	if (aa(t.sort)) return en(i?.[a]);
	if (sa(t.sort)) {
		let e = i?.[a] ?? null;
		return e === null ? "–" : t.sort === "lost" ? $t(e) : X(e);
	}
	switch (t.sort) {
		case "mean": return X(e.mean[a]);
		case "active": return $t(e.active[a]);
		case "selectivity": return X(e.selectivity?.[a]);
		case "control": return r?.similarity[a]?.toFixed(2) ?? "–";
		case "similar": return a === t.near ? "this" : n.get(a)?.toFixed(2) ?? "–";
		default: return X(e.maximum[a]);
	}
}
function La(e, t) {
	let { manifest: n } = I(), r = t.sort === "similar" && t.near !== null && t.near < e.channels ? t.near : null, i = !!n.extras?.alike, a = L((r !== null || t.sort === "map") && i ? `alike/${e.id}` : null), o = L(r === null ? null : `layers/${e.id}/${Math.floor(r / e.shard.units)}`);
	return N(() => {
		let n = a.error ?? o.error;
		if (t.sort === "map") return {
			nearest: [],
			measure: a.value ? na(a.value) : "",
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
			nearest: $i(a.value, r, c ? s : []),
			measure: na(a.value),
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
function Ra(e) {
	let t = qt().all();
	return N(() => new Set(Object.keys(t).flatMap((t) => {
		let n = G(t);
		return n?.layer === e.name ? [n.channel] : [];
	})), [t, e]);
}
function za({ layer: e, data: t, query: n }) {
	let r = I(), { router: i, toast: a } = P(), o = qt(), s = N(() => ua(n), [n.toString()]), { nearest: c, measure: l, known: u, error: d } = La(e, s), f = L(r.manifest.paths.likeness ? B(r.manifest.paths.likeness, { layer: e.id }) : null), p = L(aa(s.sort) && r.manifest.paths.tuning ? B(r.manifest.paths.tuning, { layer: e.id }) : null).value, m = Xr(e.name, sa(s.sort)), h = sa(s.sort) ? m.data?.layers?.[e.name]?.[s.sort] : p?.kept[p.kinds.findIndex((e) => e.name === s.sort)], g = r.manifest.subset?.[e.name], _ = Ra(e), { units: v, counts: y } = N(() => pa(e, t, s, {
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
	]), [b, x] = A(() => n.has("at") ? Number(n.get("at")) : -1), C = N(() => new Map(c), [c]), w = (t) => i.replace(H(e.name, da({
		...s,
		...t
	}))), T = Pe((t) => {
		i.replace(H(e.name, {
			...da(s),
			at: t
		})), i.go(U(e.name, t));
	}, [
		i,
		e,
		s
	]);
	Ke({
		p: () => w({ view: "photos" }),
		r: () => w({ view: "projections" }),
		b: () => w({ view: "both" }),
		m: () => {
			b >= 0 && a(`${e.name}:${b} ${o.toggle(`${e.name}:${b}`) ? "marked" : "no longer marked"}`);
		}
	});
	let E = s.view === "both" ? ["photos", "projections"] : [s.view], D = window.innerWidth < 480 ? Fa : Pa, ee = N(() => ({
		width: E.length * D + (E.length - 1) * 3 + 14,
		height: D + 32
	}), [E.length, D]), te = Pe((n, r) => {
		let i = v[n], a = t.names?.[i];
		return /* @__PURE__ */ F("a", {
			class: t.dead.includes(i) ? "unit dead" : "unit",
			href: U(e.name, i),
			tabIndex: r ? 0 : -1,
			onFocus: () => x(i),
			onClick: (e) => {
				e.ctrlKey || e.metaKey || e.shiftKey || e.button || (e.preventDefault(), T(i));
			},
			title: `${e.name}:${i}${a ? ` ${a}` : ""}`,
			children: [/* @__PURE__ */ F("span", {
				class: "pair",
				children: E.map((n) => t.dead.includes(i) ? /* @__PURE__ */ F(mn, { side: D }, n) : /* @__PURE__ */ F($, {
					layer: e,
					channel: i,
					kind: n,
					side: D
				}, n))
			}), /* @__PURE__ */ F("span", {
				class: "caption",
				children: [/* @__PURE__ */ F("b", { children: [
					/* @__PURE__ */ F("span", {
						class: "heard",
						children: ["Unit ", a ? `${i} ` : ""]
					}),
					a ? /* @__PURE__ */ F("bdi", { children: a }) : i,
					_.has(i) && /* @__PURE__ */ F("span", {
						class: "star",
						role: "img",
						"aria-label": "marked",
						children: "★"
					})
				] }), /* @__PURE__ */ F("span", { children: Ia(t, s, C, f.value, h, i) })]
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
	return /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F(xa, {
		layer: e,
		data: t,
		silenced: m.experiment !== null,
		view: s,
		counts: y,
		shown: v.length,
		measure: f.error ? "the likeness to controls cannot be read" : d ? "how alike units are cannot be read" : l,
		change: w
	}), v.length === 0 ? /* @__PURE__ */ F("p", {
		class: "empty",
		children: ["No unit passes these filters. ", /* @__PURE__ */ F("a", {
			href: H(e.name),
			children: ["Show all ", y.all]
		})]
	}) : s.sort === "map" ? /* @__PURE__ */ F(Ma, {
		layer: e,
		data: t,
		known: u,
		units: v,
		kind: s.view === "projections" ? "projections" : "photos",
		chosen: b,
		choose: x,
		open: T,
		missing: !r.manifest.extras?.alike || d !== null
	}) : /* @__PURE__ */ F(qi, {
		count: v.length,
		cell: ee,
		label: `Units of ${e.name}`,
		current: v.indexOf(b),
		select: (e) => x(v[e] ?? -1),
		open: (e) => T(v[e]),
		keyOf: (e) => v[e] ?? e,
		render: te
	})] });
}
// src/pages/Layer.tsx
function Ba({ name: e, query: t }) {
	let n = ht(I(), e), r = L(n ? `layers/${n.id}` : null);
	return n ? r.error ? /* @__PURE__ */ F(J, {
		title: "Data is missing",
		children: r.error.message
	}) : /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F(Va, { layer: n }), r.value ? /* @__PURE__ */ F(za, {
		layer: n,
		data: r.value,
		query: t
	}) : /* @__PURE__ */ F(Y, { what: n.name })] }) : /* @__PURE__ */ F(At, { name: e });
}
function Va({ layer: e }) {
	let t = I(), { router: n } = P(), r = L("network").value, i = t.manifest.layers.indexOf(e), [a, o] = [t.manifest.layers[i - 1], t.manifest.layers[i + 1]], s = (e) => () => e ? n.go(H(e.name)) : void 0;
	Ke({
		"[": s(a),
		"]": s(o)
	});
	let c = e.units;
	return /* @__PURE__ */ F("div", {
		class: "page-head",
		children: [/* @__PURE__ */ F("div", { children: [
			/* @__PURE__ */ F("h1", { children: /* @__PURE__ */ F(K, { text: e.name }) }),
			/* @__PURE__ */ F("p", {
				class: "lead",
				children: [
					[e.op, sn(e.name, r?.layers ?? [])].filter(Boolean).join(", "),
					" · ",
					tn(e),
					" · receptive field ",
					rn(e),
					" · ",
					Z(c.dead, "dead unit"),
					c.silent > 0 && ` · ${c.silent} never above zero`,
					c.nan > 0 && ` · ${c.nan} with NaN`,
					e.control && ` · like control ${e.control.median?.toFixed(2) ?? "–"}`
				]
			}),
			/* @__PURE__ */ F(xi, { layers: [e] }),
			/* @__PURE__ */ F("p", {
				class: "note",
				children: /* @__PURE__ */ F(vr, { layer: e.name })
			})
		] }), /* @__PURE__ */ F("div", {
			class: "steps",
			children: [a && /* @__PURE__ */ F("a", {
				href: H(a.name),
				title: "Previous layer ([)",
				"aria-label": `Previous layer, ${a.name}`,
				children: "←"
			}), o && /* @__PURE__ */ F("a", {
				href: H(o.name),
				title: "Next layer (])",
				"aria-label": `Next layer, ${o.name}`,
				children: "→"
			})]
		})]
	});
}
// src/parts/Share.tsx
function Ha(e) {
	let { protocol: t, hostname: n } = new URL(e);
	return t === "file:" ? "It opens on this computer alone" : /^(localhost|127\..*|\[::1\])$/.test(n) ? "It opens on this computer alone, while it is served" : "";
}
var Ua = (e) => /^[\w./:@%+=,-]+$/.test(e) ? e : `'${e.replace(/'/g, "'\\''")}'`, Wa = (e) => e.protocol === "file:" ? Ua(decodeURIComponent(e.pathname).replace(/\/[^/]*$/, "") || "/") : "FOLDER";
function Ga(e, t) {
	return `convscope atlas export ${Wa(t)} --units ${Ua(e)} --single-file`;
}
function Ka({ unit: e, link: t, copy: n, close: r }) {
	let { store: i } = I();
	Ke({ Escape: r }, !0);
	let a = Vt(r), o = t === null ? "" : Ha(t), s = Ga(e, t === null ? {
		protocol: "",
		pathname: ""
	} : location);
	return /* @__PURE__ */ F("div", {
		class: "modal",
		"aria-label": `Share ${e}`,
		...a,
		children: /* @__PURE__ */ F("div", {
			class: "sheet narrow share",
			children: [
				/* @__PURE__ */ F("button", {
					class: "icon close",
					type: "button",
					onClick: r,
					"aria-label": "Close",
					"data-first": !0,
					children: "×"
				}),
				/* @__PURE__ */ F("h2", { children: ["Share ", e] }),
				/* @__PURE__ */ F("h3", { children: "One file to mail" }),
				/* @__PURE__ */ F("p", { children: [
					"Opens on this unit, on any computer and without a connection, and holds the units that it links to. This command writes it",
					s.includes(" FOLDER ") && ", FOLDER standing for the folder of this atlas on the computer that has it",
					":"
				] }),
				/* @__PURE__ */ F("pre", { children: s }),
				/* @__PURE__ */ F("button", {
					type: "button",
					onClick: () => n(s, "Command"),
					children: "Copy command"
				}),
				t !== null && /* @__PURE__ */ F(S, { children: [
					/* @__PURE__ */ F("h3", { children: "A link" }),
					/* @__PURE__ */ F("p", { children: o ? `${o}. With the folder on any web host, others can open it too.` : "Leads to this unit." }),
					/* @__PURE__ */ F("button", {
						type: "button",
						onClick: () => n(t, "Link", o),
						children: "Copy the link"
					}),
					/* @__PURE__ */ F("h3", { children: "Within another page" }),
					/* @__PURE__ */ F("p", { children: ["HTML that shows this unit, as tall as it is.", o && ` ${o}.`] }),
					/* @__PURE__ */ F("button", {
						type: "button",
						onClick: () => n(ur(lr(t, i.host.kind), e), "Code to embed it", o),
						children: "Copy embed code"
					})
				] })
			]
		})
	});
}
// src/parts/Actions.tsx
function qa({ layer: e, shard: t, unit: n, seen: r }) {
	let i = I(), { router: a, root: o, toast: s } = P(), [c, l] = A(null), u = () => l(null), d = n.nearest.find(([t]) => z(i, e.name, t))?.[0] ?? n.channel, f = `${e.name}:${n.channel}`, p = a.link(U(e.name, n.channel)), m = async (e, t, n = "") => s(await Ye(e, o) ? `${t} copied${n && `. ${n}`}` : `${t} could not be copied: ${e}`), h = async (t) => {
		try {
			if (t === "png") return Xe(`${f}.png`, await ir(await rr(i, e, n, r)));
			let a = await Yn(i, e, n, r);
			await ir(a), Xe(`${f}.svg`, or(a.toDataURL("image/png"), a, e, n, r.view), "image/svg+xml");
		} catch (e) {
			e instanceof Pn ? l("refused") : s("The picture cannot be read");
		}
	};
	return /* @__PURE__ */ F("div", {
		class: "actions",
		role: "group",
		"aria-label": "Take away",
		children: [
			/* @__PURE__ */ F("button", {
				id: "copy-link",
				type: "button",
				onClick: () => m(p ?? f, p ? "Link" : "Unit", p ? Ha(p) : ""),
				children: "Copy link"
			}),
			i.store.host.kind !== "file" && /* @__PURE__ */ F("button", {
				type: "button",
				onClick: () => l("share"),
				children: "Share…"
			}),
			/* @__PURE__ */ F("button", {
				type: "button",
				onClick: () => m(dr(i, e, n.channel, p), "Citation"),
				children: "Copy citation"
			}),
			/* @__PURE__ */ F("button", {
				type: "button",
				disabled: n.dead,
				onClick: () => h("png"),
				children: "PNG"
			}),
			/* @__PURE__ */ F("button", {
				type: "button",
				disabled: n.dead,
				onClick: () => h("svg"),
				children: "SVG"
			}),
			/* @__PURE__ */ F("button", {
				type: "button",
				onClick: () => Xe(`${f}.json`, sr(i, e, t, n)),
				children: "JSON"
			}),
			/* @__PURE__ */ F("a", {
				class: "button",
				href: Tt(f, `${e.name}:${d}`),
				children: "Compare"
			}),
			c === "refused" && /* @__PURE__ */ F(Ja, {
				path: Fn(i, e, n.channel),
				unit: f,
				close: u
			}),
			c === "share" && /* @__PURE__ */ F(Ka, {
				unit: f,
				link: p,
				copy: m,
				close: u
			})
		]
	});
}
function Ja({ path: e, unit: t, close: n }) {
	return Ke({ Escape: n }, !0), /* @__PURE__ */ F("div", {
		class: "modal",
		"aria-label": "Pictures from disk",
		...Vt(n),
		children: /* @__PURE__ */ F("div", {
			class: "sheet narrow",
			children: [
				/* @__PURE__ */ F("button", {
					class: "icon close",
					type: "button",
					onClick: n,
					"aria-label": "Close",
					"data-first": !0,
					children: "×"
				}),
				/* @__PURE__ */ F("h2", { children: "Pictures of a page opened from disk" }),
				/* @__PURE__ */ F("p", { children: "Browsers do not let such a page read its own pictures, and this atlas has too many of them to hold each twice. Any of these does it:" }),
				/* @__PURE__ */ F("ul", { children: [
					/* @__PURE__ */ F("li", { children: [
						"open ",
						/* @__PURE__ */ F("a", {
							href: e,
							target: "_blank",
							rel: "noreferrer",
							children: "the unit's picture"
						}),
						" (WebP) and save it;"
					] }),
					/* @__PURE__ */ F("li", { children: [
						"run ",
						/* @__PURE__ */ F("code", { children: ["convscope serve ", Wa(location)] }),
						", where the buttons work;"
					] }),
					/* @__PURE__ */ F("li", { children: [
						"run ",
						/* @__PURE__ */ F("code", { children: Ga(t, location) }),
						": one file to mail, where they work too;"
					] }),
					/* @__PURE__ */ F("li", { children: [
						"run ",
						/* @__PURE__ */ F("code", { children: [
							"convscope atlas export ",
							Wa(location),
							" --portable"
						] }),
						": the whole atlas with every picture twice."
					] })
				] })
			]
		})
	});
}
// src/parts/Lightbox.tsx
function Ya({ layer: e, shard: t, unit: n, rank: r, mode: i, zoomed: a, go: o, close: s }) {
	let c = (e) => o(r, e), [l, u] = A([
		0,
		0,
		1
	]), d = 1 / l[2], [f, p] = A(50), m = n.images.length, h = (e) => () => o((r + e + m) % m), g = (e) => () => u((t) => vn(t, { times: e })), _ = {
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
	Ke(_, !0);
	let v = Vt(s);
	Ne(() => u([
		0,
		0,
		1
	]), [r, i]);
	let y = n.images[r], b = Sr(t, y), x = xr(t, y), C = typeof innerWidth == "number" ? innerWidth : 1e3, w = typeof innerHeight == "number" ? innerHeight : 800, T = Math.round(Math.max(96, Math.min((C - 80) / (i === "pair" ? 2 : 1), w - 260, 640))), E = {
		layer: e,
		unit: n,
		rank: r,
		side: T,
		zoom: a,
		region: l
	}, D = (e) => {
		let t = e.target.getBoundingClientRect();
		return [(e.clientY - t.top) / t.height, (e.clientX - t.left) / t.width];
	}, ee = (e) => {
		e.preventDefault();
		let t = D(e);
		u((n) => vn(n, {
			times: e.deltaY < 0 ? 1.15 : 1 / 1.15,
			at: t
		}));
	}, te = (e) => {
		e.buttons & 1 && u((t) => vn(t, {
			down: -e.movementY / T,
			right: -e.movementX / T
		}));
	};
	return /* @__PURE__ */ F("div", {
		class: "modal",
		"aria-label": `Example ${r + 1} of ${e.name}:${n.channel}`,
		...v,
		children: /* @__PURE__ */ F("div", {
			class: "sheet lightbox",
			children: [
				/* @__PURE__ */ F("div", {
					class: "lightbox-bar",
					children: [
						/* @__PURE__ */ F(Pt, {
							label: "View",
							value: i,
							options: [
								["pair", "Side by side"],
								["overlay", "Overlay"],
								["whole", "Whole image"]
							],
							change: c
						}),
						i === "overlay" && /* @__PURE__ */ F("label", {
							class: "slider",
							children: [
								"photo",
								/* @__PURE__ */ F("input", {
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
						/* @__PURE__ */ F("span", {
							class: "zoom",
							children: [
								/* @__PURE__ */ F("button", {
									class: "icon",
									type: "button",
									onClick: g(1 / 1.5),
									"aria-label": "Zoom out",
									disabled: d <= 1,
									children: "−"
								}),
								/* @__PURE__ */ F("output", { children: [Math.round(d * 100), " %"] }),
								/* @__PURE__ */ F("button", {
									class: "icon",
									type: "button",
									onClick: g(1.5),
									"aria-label": "Zoom in",
									disabled: d >= 8,
									children: "+"
								})
							]
						}),
						/* @__PURE__ */ F("button", {
							class: "icon close",
							type: "button",
							onClick: s,
							"aria-label": "Close",
							"data-first": !0,
							children: "×"
						})
					]
				}),
				/* @__PURE__ */ F("div", {
					class: d > 1 ? "stage zoomed" : "stage",
					onWheel: ee,
					onPointerDown: (e) => d > 1 && e.currentTarget.setPointerCapture(e.pointerId),
					onPointerMove: te,
					onDblClick: (e) => u((t) => vn(t, t[2] < 1 ? { times: 1 / 8 } : {
						times: 3,
						at: D(e)
					})),
					tabIndex: 0,
					role: "group",
					"aria-label": "Picture; drag to move, wheel to zoom",
					children: [
						i === "pair" && /* @__PURE__ */ F("div", {
							class: "large-pair",
							children: [/* @__PURE__ */ F(gn, {
								kind: "photos",
								...E
							}), /* @__PURE__ */ F(gn, {
								kind: "projections",
								...E
							})]
						}),
						i === "overlay" && /* @__PURE__ */ F("div", {
							class: "overlay",
							children: [/* @__PURE__ */ F(gn, {
								kind: "photos",
								...E
							}), /* @__PURE__ */ F("span", {
								class: "over",
								style: { opacity: String(f / 100) },
								children: /* @__PURE__ */ F(gn, {
									kind: "projections",
									...E
								})
							})]
						}),
						i === "whole" && /* @__PURE__ */ F("div", {
							class: "large-whole",
							style: { width: `${T}px` },
							children: /* @__PURE__ */ F(bn, {
								image: y,
								name: b,
								box: n.boxes[r] ?? null,
								part: n.content?.[r] ?? null,
								region: l
							})
						})
					]
				}),
				/* @__PURE__ */ F("div", {
					class: "lightbox-foot",
					children: [
						/* @__PURE__ */ F("button", {
							class: "icon",
							type: "button",
							onClick: h(-1),
							"aria-label": "Previous example",
							children: "←"
						}),
						/* @__PURE__ */ F("p", { children: [
							/* @__PURE__ */ F("b", { children: r + 1 }),
							" of ",
							m,
							" · activation ",
							/* @__PURE__ */ F("b", {
								class: "number",
								children: X(n.values[r])
							}),
							x !== null && /* @__PURE__ */ F(S, { children: [" · ", /* @__PURE__ */ F(K, { text: x })] }),
							" · ",
							/* @__PURE__ */ F("a", {
								href: W(y),
								children: /* @__PURE__ */ F(K, { text: b })
							}),
							e.spatial && ` · row ${n.y[r]}, column ${n.x[r]}`,
							" · black and white: ±",
							X((a && e.content?.kept ? n.partScales : n.scales)?.[r] ?? n.scales[r])
						] }),
						/* @__PURE__ */ F("button", {
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
var Xa = 24, Za = /* @__PURE__ */ new Map();
async function Qa(e, t) {
	let n = await e.store.host.picture(t, e.name);
	if (!n) return;
	let r = Za.get(n) ?? new Image();
	Za.delete(n), Za.set(n, r);
	for (let e of [...Za.keys()].slice(0, Math.max(0, Za.size - Xa))) Za.delete(e);
	r.src || (r.src = n, await r.decode().catch(() => void 0));
}
var $a = 20;
function eo(e, t, n) {
	for (let r of [n - $a, n + $a]) {
		let n = Math.floor(Math.max(0, Math.min(t.channels - 1, r)) / t.shard.units);
		e.store.load(`layers/${t.id}/${n}`).catch(() => null);
	}
}
async function to(e, t, n) {
	let r = `layers/${t.id}/${Math.floor(n / t.shard.units)}`, i = (await e.store.load(r).catch(() => null))?.units.find((e) => e.channel === n);
	if (!i || i.dead || !i.images.length) return;
	let a = yn(e, i.images[0]);
	await Promise.all([Qa(e, In(e, t, n)), a === null ? null : Qa(e, a)]);
}
// src/pages/Unit.tsx
function no({ layer: e, channel: t, query: n }) {
	let r = I(), i = ht(r, e), a = i !== void 0 && t < i.channels, o = r.manifest.subset?.[e], s = L(a ? `layers/${i.id}/${Math.floor(t / i.shard.units)}` : null), c = L(a ? `layers/${i.id}` : null), l = M(null);
	if (!i) return /* @__PURE__ */ F(At, { name: e });
	if (!a) return /* @__PURE__ */ F(J, {
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
	if (u) return /* @__PURE__ */ F(J, {
		title: "Data is missing",
		children: u.message
	});
	if (!s.value || !c.value) return l.current?.layer === i ? /* @__PURE__ */ F(io, { ...l.current }) : /* @__PURE__ */ F(Y, { what: `${e}:${t}` });
	let d = s.value.units.find((e) => e.channel === t);
	return !d || o && !o.includes(t) ? /* @__PURE__ */ F(J, {
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
	}, /* @__PURE__ */ F(io, { ...l.current }));
}
function ro({ layer: e, unit: t, only: n }, r, i, { show: a, open: o, extend: s, to: c }) {
	let { manifest: l } = I(), { router: u, root: d, toast: f } = P(), p = qt(), m = (r) => {
		if (n) return n[n.indexOf(t.channel) + r] ?? null;
		let i = t.channel + r;
		return i >= 0 && i < e.channels ? i : null;
	}, h = (r) => () => {
		let i = m(r) ?? (n ? null : r < 0 ? 0 : e.channels - 1);
		i !== null && i !== t.channel && u.step(c(e.name, i));
	}, g = (n) => () => {
		let r = l.layers[l.layers.indexOf(e) + n], i = l.subset?.[r?.name ?? ""]?.reduce((e, n) => Math.abs(n - t.channel) < Math.abs(e - t.channel) ? n : e);
		r && u.step(c(r.name, i ?? Math.min(t.channel, r.channels - 1)));
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
	return Ke(_), m;
}
function io(e) {
	let { layer: t, data: n, shard: r, unit: i, query: a, only: o } = e, { router: s } = P(), c = I(), l = U(t.name, i.channel), u = [
		"photos",
		"projections",
		"both"
	].find((e) => e === a.get("view")) ?? "both", d = t.content !== void 0 && i.images.some((e, t) => hn(i, t)), f = a.get("rf"), p = f === "whole" && c.manifest.paths.image !== null ? "whole" : f !== "field" && d ? "part" : "field", m = a.get("embed"), h = fr(t, c.manifest.model.input, c.manifest.paths.bands), g = Number(a.get("band")), _ = Number.isInteger(g) && g >= 1 && g <= h ? g : 0, v = {
		view: u === "both" ? null : u,
		rf: f,
		band: _ || null,
		embed: m
	}, y = (e) => C({ band: e || null }), b = Number(a.get("share")) || 0, x = a.has("n") ? Number(a.get("n")) - 1 : null, S = ["overlay", "whole"].find((e) => e === a.get("as")) ?? "pair", C = (e) => s.replace(V(l, {
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
		to: (e, t) => V(U(e, t), v)
	}, T = _t(gt(t.units.named).network, t.name, i.channel) === i.name, [E, D] = A(0), ee = ro(e, Math.min(E, Math.max(0, i.images.length - 1)), p, w);
	j(() => D(0), [l]), j(() => {
		o || eo(c, t, i.channel);
		for (let e of [1, -1]) {
			let n = ee(e);
			n !== null && to(c, t, n);
		}
	}, [l]);
	let [te, ne] = [ee(-1), ee(1)], re = N(() => /* @__PURE__ */ F(ti, {
		layer: t,
		data: n,
		shard: r,
		unit: i,
		note: m === null,
		link: (e) => V(l, {
			...v,
			...e
		}),
		share: b
	}), [
		i,
		n,
		V("", v),
		b
	]);
	return /* @__PURE__ */ F("article", {
		class: "unit-page",
		"aria-label": `Unit ${t.name}:${i.channel}`,
		children: [
			/* @__PURE__ */ F("div", {
				class: "page-head",
				children: [/* @__PURE__ */ F("div", { children: [
					/* @__PURE__ */ F("h1", { children: /* @__PURE__ */ F(K, { text: `${t.name}:${i.channel}` }) }),
					i.name !== void 0 && /* @__PURE__ */ F("p", {
						class: "unit-name",
						children: T && !c.manifest.subset ? /* @__PURE__ */ F("a", {
							href: Ct(i.name),
							children: i.name
						}) : /* @__PURE__ */ F(K, {
							text: i.name,
							plain: !0
						})
					}),
					/* @__PURE__ */ F("p", {
						class: "lead",
						children: [
							"unit ",
							i.channel,
							" of ",
							/* @__PURE__ */ F("a", {
								href: H(t.name, { at: i.channel }),
								children: t.channels
							}),
							" · ",
							t.op,
							" · ",
							tn(t),
							" · receptive field ",
							rn(t)
						]
					})
				] }), /* @__PURE__ */ F("div", {
					class: "steps",
					children: [
						m === null && /* @__PURE__ */ F(ao, { unit: `${t.name}:${i.channel}` }),
						te !== null && /* @__PURE__ */ F("a", {
							href: w.to(t.name, te),
							"aria-label": `Previous unit, ${te}`,
							title: "Previous unit (←)",
							children: "←"
						}),
						ne !== null && /* @__PURE__ */ F("a", {
							href: w.to(t.name, ne),
							"aria-label": `Next unit, ${ne}`,
							title: "Next unit (→)",
							children: "→"
						})
					]
				})]
			}),
			/* @__PURE__ */ F(oo, {
				layer: t,
				unit: i
			}),
			i.dead || i.images.length === 0 ? /* @__PURE__ */ F("p", {
				class: "empty",
				children: "This unit is zero at every position of every image of the collection: there is nothing to show."
			}) : /* @__PURE__ */ F(Cr, {
				layer: t,
				shard: r,
				unit: i,
				view: u,
				show: w.show,
				reach: p,
				extend: w.extend,
				band: _,
				choose: y,
				active: E,
				activate: D,
				open: w.open
			}),
			!i.dead && i.images.length > 0 && (m === null || m === "all") && /* @__PURE__ */ F(hr, {
				layer: t,
				unit: i,
				change: y
			}),
			m === null && /* @__PURE__ */ F(qa, {
				layer: t,
				shard: r,
				unit: i,
				seen: {
					view: u,
					reach: p,
					band: _
				}
			}),
			(m === null || m === "all") && re,
			x !== null && x >= 0 && x < i.images.length && !i.dead && /* @__PURE__ */ F(Ya, {
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
function ao({ unit: e }) {
	let t = qt(), n = t.has(e);
	return /* @__PURE__ */ F("button", {
		class: n ? "icon star on" : "icon star",
		type: "button",
		"aria-pressed": n,
		"aria-label": "Mark this unit",
		title: "Mark this unit (m)",
		onClick: () => t.toggle(e),
		children: n ? "★" : "☆"
	});
}
function oo({ layer: e, unit: t }) {
	let n = [
		["Maximum", X(t.maximum)],
		["Mean", X(t.mean)],
		["Active", $t(t.active)]
	];
	return t.selectivity !== void 0 && n.push(["Class selectivity", X(t.selectivity)]), t.nan && n.push(["NaN", String(t.nan)]), /* @__PURE__ */ F("dl", {
		class: "stats",
		"aria-label": `Numbers of ${e.name}:${t.channel}`,
		children: n.map(([e, t]) => /* @__PURE__ */ F("div", { children: [/* @__PURE__ */ F("dt", { children: e }), /* @__PURE__ */ F("dd", { children: t })] }, e))
	});
}
// src/app.tsx
function so(e, t) {
	let n = st(e);
	return N(() => {
		let e = St(n);
		return t && !e.query.has("embed") && e.query.set("embed", "1"), e;
	}, [n, t]);
}
function co({ host: e, router: t, root: n, embed: r = !1 }) {
	let [i, a] = A(null), [o, s] = A(null), [c, l] = A(""), u = so(t, r), d = $e(n, e.kind !== "notebook"), f = N(() => ({
		router: t,
		root: n,
		listen: d,
		toast: l,
		toggleTheme: () => et(n)
	}), [
		t,
		n,
		d
	]), p = N(() => Gt(i?.manifest ?? null), [i]);
	return j(() => {
		mt(e, "").then(a, (e) => s(e.message));
	}, [e]), j(() => {
		if (!c) return;
		let e = setTimeout(() => l(""), 4e3);
		return () => clearTimeout(e);
	}, [c]), o ? /* @__PURE__ */ F(J, {
		title: "This atlas cannot be shown",
		children: o
	}) : i ? /* @__PURE__ */ F(Ge.Provider, {
		value: f,
		children: /* @__PURE__ */ F(lt.Provider, {
			value: i,
			children: [/* @__PURE__ */ F(Kt.Provider, {
				value: p,
				children: /* @__PURE__ */ F(uo, {
					route: u,
					shell: f,
					atlas: i,
					embed: r
				})
			}), /* @__PURE__ */ F("div", {
				class: "toast",
				role: "status",
				"aria-live": "polite",
				"data-shown": c !== "",
				children: c
			})]
		})
	}) : /* @__PURE__ */ F(Y, { what: "the atlas" });
}
function lo(e, t, n, r) {
	let i = () => {
		let n = Math.floor(Math.random() * t.manifest.units), r = 0;
		for (let i of t.manifest.layers) {
			if (n < r + i.channels) {
				let a = t.manifest.subset?.[i.name];
				e.router.go(U(i.name, a ? a[(n - r) % a.length] ?? 0 : n - r));
				return;
			}
			r += i.channels;
		}
	};
	j(() => e.listen({
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
function uo({ route: e, shell: t, atlas: n, embed: r }) {
	let [i, a] = A(!1), [o, s] = A(!1), c = M(null), l = M(!0), u = r || Et(e);
	return lo(t, n, () => a((e) => !e), () => s(!u)), j(() => {
		let r = {
			home: n.manifest.model.name,
			classes: "Classes",
			images: "Images",
			compare: "Compare",
			experiments: "Experiments"
		}[e.page];
		t.router.link("") && (document.title = `${r ?? e.rest} – convscope atlas`), l.current ? l.current = !1 : t.router.walking() || (e.query.has("at") || t.root.scrollIntoView({
			block: "start",
			behavior: "instant"
		}), c.current?.focus({ preventScroll: !0 }));
	}, [`${e.page}/${e.rest}`]), /* @__PURE__ */ F(S, { children: [
		!u && /* @__PURE__ */ F(zt, {
			route: e,
			help: () => a(!0),
			search: () => s(!0)
		}),
		/* @__PURE__ */ F("p", {
			class: "heard",
			role: "status",
			children: e.page === "unit" ? `Unit ${e.rest}` : ""
		}),
		/* @__PURE__ */ F("main", {
			id: "main",
			tabIndex: -1,
			ref: c,
			children: r && e.page !== "unit" ? /* @__PURE__ */ F("p", {
				class: "empty",
				children: "A unit is shown here, and nothing else."
			}) : /* @__PURE__ */ F(po, { route: e })
		}, e.page),
		u && /* @__PURE__ */ F(fo, {
			route: e,
			atlas: n,
			page: r ? "index.html" : ""
		}),
		i && /* @__PURE__ */ F(Ht, { close: () => a(!1) }),
		o && /* @__PURE__ */ F(Nn, {
			route: e,
			close: () => s(!1)
		})
	] });
}
function fo({ route: e, atlas: t, page: n }) {
	let r = e.page === "unit" ? G(e.rest) : null;
	return /* @__PURE__ */ F("footer", {
		class: "source",
		children: [
			/* @__PURE__ */ F("a", {
				href: n + (r ? U(r.layer, r.channel) : "#/"),
				target: "_blank",
				rel: "noreferrer",
				children: "Open in the atlas"
			}),
			" ",
			/* @__PURE__ */ F("span", {
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
function po({ route: e }) {
	switch (e.page) {
		case "home": return /* @__PURE__ */ F(Ti, {});
		case "layer": return /* @__PURE__ */ F(Ba, {
			name: e.rest,
			query: e.query
		}, e.rest);
		case "unit": {
			let t = G(e.rest);
			return t ? /* @__PURE__ */ F(no, {
				layer: t.layer,
				channel: t.channel,
				query: e.query
			}) : /* @__PURE__ */ F(J, {
				title: "No such unit",
				children: [
					"“",
					e.rest,
					"” is not a unit. Units are written layer:number, such as features.8:174."
				]
			});
		}
		case "class": return /* @__PURE__ */ F(_i, { name: e.rest }, e.rest);
		case "classes": return /* @__PURE__ */ F(hi, {});
		case "images": return /* @__PURE__ */ F(Xi, { query: e.query });
		case "image": return /* @__PURE__ */ F(Bi, { number: Number(e.rest) }, e.rest);
		case "compare": return /* @__PURE__ */ F(Lt, {
			what: "the comparison",
			children: ({ ComparePage: t }) => /* @__PURE__ */ F(t, { query: e.query })
		});
		case "experiments": return /* @__PURE__ */ F(Lt, {
			what: "experiments",
			children: ({ ExperimentsPage: e }) => /* @__PURE__ */ F(e, {})
		});
		case "experiment": return /* @__PURE__ */ F(Lt, {
			what: e.rest,
			children: ({ ExperimentPage: t }) => /* @__PURE__ */ F(t, {
				name: e.rest,
				query: e.query
			}, e.rest)
		});
		default: return /* @__PURE__ */ F(J, {
			title: "Not here",
			children: "This address leads nowhere in the atlas."
		});
	}
}
// src/notebook.ts
function mo(e) {
	let { body: t, documentElement: n } = e, r = t.dataset.jpThemeLight;
	if (r !== void 0) return r === "false" ? "dark" : "light";
	let i = n.getAttribute("theme") ?? t.dataset.vscodeThemeKind ?? "";
	return /dark/.test(i) ? "dark" : /light/.test(i) ? "light" : null;
}
function ho() {
	return [...crypto.getRandomValues(/* @__PURE__ */ new Uint8Array(12))].map((e) => e.toString(16).padStart(2, "0")).join("");
}
// src/more/matching.ts
function go(e, t) {
	let n = new Map(t.names.map((e, t) => [e, t]));
	return e.names.flatMap((e, t) => {
		let r = n.get(e);
		return n.delete(e), r === void 0 ? [] : [[t, r]];
	});
}
function _o(e, t) {
	let n = atob(e.codes);
	return Array.from({ length: Math.floor(n.length / e.images) }, (r, i) => {
		let a = Float32Array.from(t, (t) => n.charCodeAt(i * e.images + t)), o = a.reduce((e, t) => e + t, 0) / Math.max(1, a.length), s = Math.sqrt(a.reduce((e, t) => e + (t - o) ** 2, 0));
		return a.map((e) => s > 1e-6 ? (e - o) / s : 0);
	});
}
function vo(e, t, n) {
	let [r, i] = [_o(e, n.map(([e]) => e)), _o(t, n.map(([, e]) => e))], a = r.map(() => ({
		at: -1,
		value: -2
	})), o = i.map(() => ({
		at: -1,
		value: -2
	}));
	return r.forEach((e, t) => {
		e.some(Boolean) && i.forEach((n, r) => {
			let i = 0;
			for (let t = 0; t < e.length; t += 1) i += e[t] * n[t];
			let [s, c] = [a[t], o[r]];
			s && i > s.value && (a[t] = {
				at: r,
				value: i
			}), c && i > c.value && (o[r] = {
				at: t,
				value: i
			});
		});
	}), a.flatMap(({ at: e, value: t }, n) => e < 0 ? [] : [{
		unit: n,
		other: e,
		correlation: Math.min(1, t),
		mutual: o[e]?.at === n
	}]).sort((e, t) => t.correlation - e.correlation || e.unit - t.unit);
}
// src/more/Matches.tsx
var yo = 48, bo = .8, xo = 10, So = ({ atlas: { manifest: e } }) => e.paths.responses !== void 0 && e.extras?.alike === !0;
function Co({ left: e, right: t }) {
	let [n, r] = A(!1), i = (e) => [L("responses/index", e.atlas), L(`responses/${e.layer.id}`, e.atlas)], [a, o] = i(e), [s, c] = i(t), l = N(() => a.value && s.value ? go(a.value, s.value) : [], [a.value, s.value]), u = N(() => o.value && c.value && l.length > 1 ? vo(o.value, c.value, l) : [], [
		o.value,
		c.value,
		l
	]);
	if ([
		a,
		o,
		s,
		c
	].some((e) => e.error)) return /* @__PURE__ */ F("p", {
		class: "empty",
		children: "How units respond to single images is not in one of the two atlases."
	});
	if (!a.value || !s.value || !o.value || !c.value) return /* @__PURE__ */ F(Y, { what: "responses" });
	if (l.length < 2) return /* @__PURE__ */ F("p", {
		class: "empty",
		children: "The two atlases have no images in common, by their names: nothing says which units are alike. Look at two layers side by side."
	});
	let d = u[Math.floor(u.length / 2)];
	return /* @__PURE__ */ F(S, { children: [
		/* @__PURE__ */ F("p", {
			class: "lead",
			children: [
				Z(l.length, "image"),
				" in common, by name, of ",
				a.value.images.length,
				" and ",
				s.value.images.length,
				" kept to compare by. Half of the units have a match of ",
				d?.correlation.toFixed(2) ?? "–",
				" or more; ",
				u.filter((e) => e.correlation > bo).length,
				" of ",
				u.length,
				" have one above ",
				bo,
				", and ",
				u.filter((e) => e.mutual).length,
				" are each other's best.",
				l.length < xo && " So few images make units alike by chance."
			]
		}),
		/* @__PURE__ */ F("p", {
			class: "note",
			children: "Correlation of the strongest responses in each of these images. A large one says that two units respond to the same images, not that they compute the same."
		}),
		/* @__PURE__ */ F("ul", {
			class: "matches",
			children: u.slice(0, n ? u.length : yo).map((n) => /* @__PURE__ */ F("li", { children: /* @__PURE__ */ F("a", {
				href: Tt(`${e.layer.name}:${n.unit}`, `${t.layer.name}:${n.other}`, t.atlas.name),
				children: [
					/* @__PURE__ */ F(wo, {
						side: e,
						channel: n.unit
					}),
					/* @__PURE__ */ F("b", {
						class: "number",
						title: n.mutual ? "each other's best" : "best for the left one only",
						children: [
							n.correlation.toFixed(2),
							" ",
							/* @__PURE__ */ F("span", {
								class: "heard",
								children: "correlation "
							}),
							n.mutual ? "⇄" : "→"
						]
					}),
					/* @__PURE__ */ F(wo, {
						side: t,
						channel: n.other
					})
				]
			}) }, n.unit))
		}),
		u.length > yo && !n && /* @__PURE__ */ F("button", {
			type: "button",
			onClick: () => r(!0),
			children: ["Show all ", u.length]
		})
	] });
}
var wo = ({ side: e, channel: t }) => /* @__PURE__ */ F("span", { children: [/* @__PURE__ */ F("span", {
	class: "pair",
	children: ["photos", "projections"].map((n) => /* @__PURE__ */ F($, {
		layer: e.layer,
		channel: t,
		kind: n,
		side: 56,
		from: e.atlas
	}, n))
}), /* @__PURE__ */ F(Mt, {
	layer: e.layer,
	channel: t,
	from: e.atlas
})] });
// src/more/Versus.tsx
function To(e) {
	let t = L(`layers/${e.layer.id}/${Math.floor(e.channel / e.layer.shard.units)}`, e.atlas), n = t.value?.units.find((t) => t.channel === e.channel);
	return t.value && n ? {
		shard: t.value,
		unit: n
	} : null;
}
function Eo({ left: e, right: t }) {
	let [n, r] = [To(e), To(t)], [i, a] = A(null);
	if (!n || !r) return /* @__PURE__ */ F(Y, { what: "both units" });
	let o = (e) => e.unit.images.map((t) => Sr(e.shard, t)), s = o(n), c = o(r).filter((e) => s.includes(e)).length;
	return /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F("p", {
		class: "lead",
		children: [
			Z(c, "image"),
			" of ",
			s.length,
			" in common."
		]
	}), /* @__PURE__ */ F("div", {
		class: "versus-pair",
		children: [/* @__PURE__ */ F(Do, {
			side: e,
			found: n,
			image: i,
			look: a
		}), /* @__PURE__ */ F(Do, {
			side: t,
			found: r,
			image: i,
			look: a
		})]
	})] });
}
function Do({ side: e, found: t, image: n, look: r }) {
	let { layer: i, channel: a, atlas: o } = e, s = Math.min(window.innerWidth, 1800), c = Math.min(136, Math.floor(s > 820 ? s / 12 - 20 : s > 560 ? s / 6 - 24 : s / 3 - 26)), { unit: l, shard: u } = t, d = `${i.name}:${a}`;
	return /* @__PURE__ */ F("section", {
		class: "panel half",
		"aria-label": d,
		children: [
			/* @__PURE__ */ F("h2", { children: o.name ? /* @__PURE__ */ F(S, { children: [
				/* @__PURE__ */ F(Nt, {
					unit: d,
					from: o
				}),
				" in ",
				/* @__PURE__ */ F(K, { text: o.name })
			] }) : /* @__PURE__ */ F("a", {
				href: U(i.name, a),
				children: /* @__PURE__ */ F(Nt, { unit: d })
			}) }),
			/* @__PURE__ */ F("p", {
				class: "note",
				children: [
					"maximum ",
					X(l.maximum),
					" · mean ",
					X(l.mean),
					" · active ",
					$t(l.active),
					" · ",
					rn(i)
				]
			}),
			/* @__PURE__ */ F("div", {
				class: "panels panels-2",
				children: ["photos", "projections"].map((e) => /* @__PURE__ */ F("div", {
					class: "nine",
					style: { gridTemplateColumns: `repeat(${i.sprite.columns}, auto)` },
					role: "group",
					"aria-label": e,
					children: l.images.map((t, a) => {
						let s = Sr(u, t), d = xr(u, t);
						return /* @__PURE__ */ F("button", {
							type: "button",
							class: s === n ? "cell active" : "cell",
							onMouseEnter: () => r(s),
							onMouseLeave: () => r(null),
							onFocus: () => r(s),
							onBlur: () => r(null),
							"aria-label": `${e === "photos" ? "Photo" : "Projection"} ${a + 1}, ${s}`,
							title: `${X(l.values[a])} · ${d ?? s}`,
							children: /* @__PURE__ */ F(gn, {
								layer: i,
								unit: l,
								kind: e,
								rank: a,
								side: c,
								zoom: !0,
								from: o
							})
						}, a);
					})
				}, e))
			}),
			l.classes.length > 0 && /* @__PURE__ */ F("p", {
				class: "note",
				children: ["Top classes: ", l.classes.slice(0, 3).map(([e, t]) => `${u.classes[e] ?? e} (${X(t)})`).join(", ")]
			})
		]
	});
}
function Oo({ left: e, right: t, a: n, b: r }) {
	let [i, a] = A(-1), { router: o } = P(), s = So(e) && So(t) && (e.atlas !== t.atlas || e.layer !== t.layer), [c, l] = A("matches"), u = (e) => o.go(Tt(`${n}:${e}`, `${r}:${Math.min(e, t.layer.channels - 1)}`, t.atlas.name)), d = s && /* @__PURE__ */ F(Pt, {
		label: "What is shown",
		value: c,
		options: [["matches", "Best matches"], ["both", "Side by side"]],
		change: l
	});
	return s && c === "matches" ? /* @__PURE__ */ F(S, { children: [d, /* @__PURE__ */ F(Co, {
		left: e,
		right: t
	}, `${n} ${r} ${t.atlas.name}`)] }) : /* @__PURE__ */ F(S, { children: [d, /* @__PURE__ */ F("div", {
		class: "versus-pair",
		children: [/* @__PURE__ */ F(ko, {
			side: e,
			chosen: i,
			choose: a,
			open: u,
			keys: !0
		}), /* @__PURE__ */ F(ko, {
			side: t,
			chosen: i,
			choose: a,
			open: u,
			keys: !1
		})]
	})] });
}
function ko({ side: e, chosen: t, choose: n, open: r, keys: i }) {
	let { layer: a, atlas: o } = e, s = L(`layers/${a.id}`, o), c = o.manifest.subset?.[a.name], l = (e) => c?.[e] ?? e, u = c ? c.indexOf(t) : t < a.channels ? t : -1;
	return /* @__PURE__ */ F("section", {
		class: "panel half",
		"aria-label": a.name,
		children: [
			/* @__PURE__ */ F("h2", { children: o.name ? /* @__PURE__ */ F(K, { text: `${a.name} in ${o.name}` }) : /* @__PURE__ */ F("a", {
				href: H(a.name),
				children: a.name
			}) }),
			/* @__PURE__ */ F("p", {
				class: "note",
				children: [
					a.op,
					" · ",
					tn(a),
					" · ",
					rn(a),
					" · ",
					Z(a.units.dead, "dead unit")
				]
			}),
			s.value && /* @__PURE__ */ F(qi, {
				count: c?.length ?? a.channels,
				cell: {
					width: 132,
					height: 94
				},
				gap: 8,
				label: `Units of ${a.name}`,
				current: u,
				select: (e) => n(l(e)),
				open: (e) => r(l(e)),
				keyOf: l,
				keys: i,
				render: (e) => {
					let t = l(e), i = s.value?.dead.includes(t);
					return /* @__PURE__ */ F("button", {
						type: "button",
						class: "unit",
						onFocus: () => n(t),
						onMouseEnter: () => n(t),
						onClick: () => r(t),
						children: [/* @__PURE__ */ F("span", {
							class: "pair",
							children: ["photos", "projections"].map((e) => i ? /* @__PURE__ */ F(mn, { side: 60 }, e) : /* @__PURE__ */ F($, {
								layer: a,
								channel: t,
								kind: e,
								side: 60,
								from: o
							}, e))
						}), /* @__PURE__ */ F("span", {
							class: "caption",
							children: [/* @__PURE__ */ F("b", { children: [/* @__PURE__ */ F("span", {
								class: "heard",
								children: "Unit "
							}), s.value?.names?.[t] ? /* @__PURE__ */ F("bdi", { children: s.value.names[t] }) : t] }), /* @__PURE__ */ F("span", { children: i ? "dead" : X(s.value?.maximum[t]) })]
						})]
					});
				}
			})
		]
	});
}
// src/more/Compare.tsx
function Ao(e) {
	let t = I(), [n, r] = A(null);
	return j(() => {
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
function jo({ query: e }) {
	let t = I(), { router: n } = P(), r = ut(), i = e.get("with") ?? (e.has("a") ? "" : r[0]?.name ?? ""), { other: a, error: o } = Ao(i), s = (e) => (i ? e.manifest.layers.findLast((e) => e.spatial) ?? e.manifest.layers[0] : e.manifest.layers[0])?.name ?? "", c = e.get("a") ?? s(t), l = e.get("b") || (i && a ? ht(a, c) || G(c) ? c : s(a) : e.has("a") ? "" : t.manifest.layers[1]?.name ?? ""), u = (e) => n.replace(Tt(e.a ?? c, e.b ?? l, e.other ?? i));
	return /* @__PURE__ */ F(S, { children: [
		/* @__PURE__ */ F("h1", { children: "Compare" }),
		/* @__PURE__ */ F("form", {
			class: "bar compare-bar",
			onSubmit: (e) => e.preventDefault(),
			children: [
				/* @__PURE__ */ F(No, {
					label: "Left",
					value: c,
					atlas: t,
					change: (e) => u({ a: e })
				}),
				/* @__PURE__ */ F("span", {
					"aria-hidden": "true",
					children: "⇄"
				}),
				/* @__PURE__ */ F(No, {
					label: "Right",
					value: l,
					atlas: a ?? t,
					change: (e) => u({ b: e })
				}),
				r.length > 0 && /* @__PURE__ */ F("label", { children: ["Right side from", /* @__PURE__ */ F("select", {
					value: i,
					onChange: (e) => u({ other: e.currentTarget.value }),
					children: [/* @__PURE__ */ F("option", {
						value: "",
						children: "this atlas"
					}), r.map((e) => /* @__PURE__ */ F("option", {
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
		r.length === 0 && !e.has("a") && /* @__PURE__ */ F("p", {
			class: "note",
			children: [
				"Two units or layers of this ",
				t.manifest.subset ? "part of an atlas" : "atlas",
				". Another atlas, of another network or another epoch, is put beside it with ",
				/* @__PURE__ */ F("code", { children: "convscope atlas attach" }),
				"."
			]
		}),
		i && a && /* @__PURE__ */ F(Mo, {
			own: t,
			other: a
		}),
		o ? /* @__PURE__ */ F(J, {
			title: "The other atlas cannot be shown",
			children: o
		}) : a ? /* @__PURE__ */ F(Po, {
			a: c,
			b: l,
			own: t,
			other: a
		}) : /* @__PURE__ */ F(Y, { what: i })
	] });
}
function Mo({ own: e, other: t }) {
	let n = e.manifest.layers.filter((e) => ht(t, e.name)).map((e) => e.name);
	return /* @__PURE__ */ F("p", {
		class: "note",
		children: [
			e.manifest.model.fingerprint === t.manifest.model.fingerprint ? "The same network. " : "",
			Z(n.length, "layer"),
			" of the same name",
			n.length > 0 && `: ${n.slice(0, 8).join(", ")}${n.length > 8 ? ", …" : ""}`,
			". ",
			e.manifest.data.fingerprint === t.manifest.data.fingerprint ? "The same images." : `${t.manifest.data.count} other or partly other images there: ${t.manifest.data.description}.`
		]
	});
}
function No({ label: e, value: t, atlas: n, change: r }) {
	let i = `compare-${e.toLowerCase()}`;
	return /* @__PURE__ */ F("label", { children: [
		e,
		/* @__PURE__ */ F("input", {
			id: i,
			list: `${i}-list`,
			value: t,
			placeholder: "layer or layer:unit",
			spellcheck: !1,
			autocomplete: "off",
			onChange: (e) => r(e.currentTarget.value.trim())
		}),
		/* @__PURE__ */ F("datalist", {
			id: `${i}-list`,
			children: n.manifest.layers.map((e) => /* @__PURE__ */ F("option", { value: e.name }, e.id))
		})
	] });
}
function Po({ a: e, b: t, own: n, other: r }) {
	let i = (e, t) => {
		let n = ht(t, e);
		if (n) return {
			layer: n,
			channel: null,
			atlas: t
		};
		let r = G(e), i = r ? z(t, r.layer, r.channel) : void 0;
		return r && i && r.channel < i.channels ? {
			layer: i,
			channel: r.channel,
			atlas: t
		} : null;
	}, [a, o] = [i(e, n), i(t || e, r)];
	return !a || !o ? /* @__PURE__ */ F("p", {
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
	}) : a.channel !== null && o.channel !== null ? /* @__PURE__ */ F(Eo, {
		left: {
			...a,
			channel: a.channel
		},
		right: {
			...o,
			channel: o.channel
		}
	}) : a.channel === null && o.channel === null ? /* @__PURE__ */ F(Oo, {
		left: a,
		right: o,
		a: e,
		b: t || e
	}) : /* @__PURE__ */ F("p", {
		class: "empty",
		children: "One side is a layer and the other a unit: name two of a kind."
	});
}
// src/more/Answered.tsx
function Fo({ name: e }) {
	let t = L(`experiments/${e}`).value;
	if (!t?.pairs) return null;
	let { matrix: n, pairs: r, surest: i, wrong: a } = t;
	return /* @__PURE__ */ F(S, { children: [
		n && /* @__PURE__ */ F(Io, { matrix: n }),
		r.length > 0 && /* @__PURE__ */ F(q, {
			class: "panel wide answered",
			title: "What was taken for what",
			note: `${Z(a, "image")} answered wrongly, by class and answer, the most frequent first.`,
			children: /* @__PURE__ */ F("ul", { children: r.map((e) => /* @__PURE__ */ F("li", { children: [
				/* @__PURE__ */ F("span", {
					class: "taken-for",
					children: [
						/* @__PURE__ */ F(jt, {
							name: e.label,
							number: -1
						}),
						" ",
						/* @__PURE__ */ F("span", {
							class: "quiet",
							children: "taken for"
						}),
						" ",
						/* @__PURE__ */ F(jt, {
							name: e.answer,
							number: -1
						})
					]
				}),
				/* @__PURE__ */ F("b", {
					class: "number",
					children: e.count
				}),
				/* @__PURE__ */ F("span", {
					class: "thumbs",
					children: e.images.map((t) => /* @__PURE__ */ F("a", {
						href: W(t),
						"aria-label": `Image ${t}, ${e.label} taken for ${e.answer}`,
						children: /* @__PURE__ */ F(Sn, {
							image: t,
							side: 44
						})
					}, t))
				})
			] }, `${e.label}\n${e.answer}`)) })
		}),
		i.length > 0 && /* @__PURE__ */ F(q, {
			class: "panel wide",
			title: "Surest mistakes",
			note: "Wrong answers that were the most probable to the network.",
			children: /* @__PURE__ */ F("ul", {
				class: "tiles surest",
				children: i.map((e, t) => /* @__PURE__ */ F("li", { children: [
					e.image === null ? /* @__PURE__ */ F("small", { children: /* @__PURE__ */ F("bdi", { children: Q(e.name) }) }) : /* @__PURE__ */ F("a", {
						href: W(e.image),
						"aria-label": e.name,
						title: e.name,
						children: /* @__PURE__ */ F(Sn, {
							image: e.image,
							side: 120
						})
					}),
					/* @__PURE__ */ F("small", { children: /* @__PURE__ */ F(jt, {
						name: e.label,
						number: -1
					}) }),
					/* @__PURE__ */ F("small", { children: [
						$t(Number(e.sure.toPrecision(3))),
						" ",
						/* @__PURE__ */ F(jt, {
							name: e.answer,
							number: -1
						})
					] })
				] }, t))
			})
		})
	] });
}
function Io({ matrix: { classes: e, answers: t, targets: n, counts: r } }) {
	return /* @__PURE__ */ F(q, {
		class: "panel wide",
		title: "Confusion",
		note: "Rows are the images' classes, columns what was answered; right answers are framed.",
		children: /* @__PURE__ */ F("div", {
			class: "scroll",
			tabIndex: 0,
			role: "region",
			"aria-label": "Confusion of classes",
			children: /* @__PURE__ */ F("table", {
				class: "confusion",
				children: [/* @__PURE__ */ F("thead", { children: /* @__PURE__ */ F("tr", { children: [/* @__PURE__ */ F("td", {}), t.map((e, t) => /* @__PURE__ */ F("th", {
					scope: "col",
					children: /* @__PURE__ */ F("span", { children: /* @__PURE__ */ F("bdi", {
						title: e,
						children: e
					}) })
				}, t))] }) }), /* @__PURE__ */ F("tbody", { children: r.map((t, r) => {
					let i = t.reduce((e, t) => e + t, 0) || 1;
					return /* @__PURE__ */ F("tr", { children: [/* @__PURE__ */ F("th", {
						scope: "row",
						children: /* @__PURE__ */ F(jt, {
							name: e[r],
							number: r
						})
					}), t.map((e, t) => /* @__PURE__ */ F("td", {
						class: n[r] === t ? "right" : "",
						style: { "--share": `${Math.round(100 * e / i)}%` },
						children: e || /* @__PURE__ */ F("span", {
							class: "quiet",
							children: "·"
						})
					}, t))] }, r);
				}) })]
			})
		})
	});
}
// src/more/Chart.tsx
var Lo = 220, [Ro, zo, Bo, Vo] = [
	44,
	8,
	8,
	22
], Ho = 8;
function Uo(e) {
	let t = e.flatMap((e) => [
		...e.values,
		...e.low ?? [],
		...e.high ?? []
	]).filter((e) => e !== null);
	if (!t.length) return [0, 1];
	let [n, r] = [t.reduce((e, t) => Math.min(e, t)), t.reduce((e, t) => Math.max(e, t))];
	return n > 0 && n < r - n && (n = 0), r < 0 && -r < r - n && (r = 0), r > n ? [n, r] : [n - .5, r + .5];
}
function Wo([e, t], n = 5) {
	let r = (t - e) / n, i = 10 ** Math.floor(Math.log10(r)), a = i * ([
		1,
		2,
		5,
		10
	].find((e) => e * i >= r) ?? 10), o = Math.ceil(e / a - 1e-9);
	return Array.from({ length: Math.max(0, Math.floor(t / a + 1e-9) - o + 1) }, (e, t) => Number(((o + t) * a).toPrecision(12)));
}
var Go = 7;
function Ko(e, t, n = !1) {
	for (let r of [
		6,
		5,
		4,
		3,
		2
	]) {
		let i = Wo(e, r).filter((e) => !n || Number.isInteger(e)), a = Math.max(...i.map((e) => Jo(e).length));
		if (i.length < 2 || (i[1] - i[0]) * (t / (e[1] - e[0])) >= Go * a + 12) return i;
	}
	return [];
}
function qo(e) {
	let t = e.filter((e) => e.look === "measured");
	return e.map((e) => {
		let n = e.look === "measured" ? t.indexOf(e) : t.findIndex((t) => e.name.startsWith(t.name));
		return n < 0 ? 7 : n % Ho;
	});
}
var Jo = (e) => Math.abs(e) >= 1e4 ? e.toLocaleString("en", { notation: "compact" }) : Yo(Number(e.toPrecision(3))), Yo = (e) => X(e).replace("-", "−"), Xo = (e, t) => /^(epoch|true)$/.test(t) ? `${t} ${Yo(e)}` : `${Yo(e)} ${t}`, Zo = (e, t) => {
	let [n, r] = [e.low?.[t] ?? null, e.high?.[t] ?? null];
	return n === null || r === null || n === r ? "" : `${Jo(n)} to ${Jo(r)}`;
};
function Qo({ text: e }) {
	let t = I(), n = G(e);
	return n && z(t, n.layer, n.channel) ? /* @__PURE__ */ F("a", {
		href: U(n.layer, n.channel),
		children: /* @__PURE__ */ F(Nt, { unit: e })
	}) : /* @__PURE__ */ F(K, { text: e });
}
function $o({ chart: e }) {
	let t = I(), { title: n } = e, r = ht(t, n.split(": ")[0] ?? "") ? n : n.charAt(0).toUpperCase() + n.slice(1);
	return /* @__PURE__ */ F(q, {
		class: `panel chart ${e.kind}`,
		title: r,
		note: [
			e.y,
			e.x && `across: ${e.x}`,
			e.note
		].filter(Boolean).join(" · "),
		children: e.kind === "rows" ? /* @__PURE__ */ F(ts, { chart: e }) : /* @__PURE__ */ F(ns, { chart: e })
	});
}
var es = (e, [t, n]) => 100 * (e - t) / (n - t);
function ts({ chart: e }) {
	let t = Uo(e.series), n = qo(e.series);
	return /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F("ol", {
		class: "rows-of",
		children: e.at.map((r, i) => /* @__PURE__ */ F("li", { children: [/* @__PURE__ */ F(Qo, { text: String(r) }), /* @__PURE__ */ F("div", { children: e.series.map((e, r) => {
			let a = e.values[i] ?? null;
			if (a === null) return null;
			let [o, s] = [e.low?.[i] ?? null, e.high?.[i] ?? null];
			return /* @__PURE__ */ F("div", {
				class: `s${n[r]} ${e.look}`,
				title: `${e.name}: ${X(a)}${Zo(e, i) && `, ${Zo(e, i)}`}`,
				children: [/* @__PURE__ */ F("span", {
					class: "track",
					"aria-hidden": "true",
					children: [
						t[0] < 0 && t[1] > 0 && /* @__PURE__ */ F("i", {
							class: "zero",
							style: { left: `${es(0, t)}%` }
						}),
						o !== null && s !== null && /* @__PURE__ */ F("i", {
							class: "interval",
							style: {
								left: `${es(o, t)}%`,
								right: `${100 - es(s, t)}%`
							}
						}),
						/* @__PURE__ */ F("i", {
							class: "dot",
							style: { left: `${es(a, t)}%` }
						})
					]
				}), /* @__PURE__ */ F("span", {
					class: "number",
					children: [
						/* @__PURE__ */ F("span", {
							class: "heard",
							children: [e.name, " "]
						}),
						Jo(a),
						" ",
						/* @__PURE__ */ F("small", { children: Zo(e, i) })
					]
				})]
			}, r);
		}) })] }, i))
	}), (e.series.length > 1 || e.series.some((e) => e.look === "compared")) && /* @__PURE__ */ F("p", {
		class: "legend",
		children: e.series.map((e, t) => /* @__PURE__ */ F("span", {
			class: `s${n[t]} ${e.look}`,
			children: [
				/* @__PURE__ */ F("i", { class: "swatch" }),
				" ",
				e.name
			]
		}, t))
	})] });
}
function ns({ chart: e }) {
	let t = M(null), [n, r] = A(480), [i, a] = A(null);
	j(() => {
		if (!t.current) return;
		let e = new ResizeObserver(([e]) => r(Math.max(200, Math.floor(e?.contentRect.width ?? 480))));
		return e.observe(t.current), () => e.disconnect();
	}, []);
	let o = e.at.map(Number), s = e.kind === "points", c = Uo(e.series), [l, u] = [o.reduce((e, t) => Math.min(e, t), Infinity), o.reduce((e, t) => Math.max(e, t), -Infinity)], d = [l, u > l ? u : l + 1], f = (e) => Ro + (n - Ro - zo) * es(e, d) / 100, p = (e) => Lo - Vo - (Lo - Vo - Bo) * es(e, c) / 100, m = s ? e.series[0]?.values.reduce((e, t, n, r) => (t ?? Infinity) < (r[e] ?? Infinity) ? n : e, 0) ?? 0 : o.length - 1, h = i ?? m, g = qo(e.series), _ = (t) => {
		let n = t.currentTarget.getBoundingClientRect(), r = o.map((r, i) => (f(r) - (t.clientX - n.left)) ** 2 + (s && (p(e.series[0]?.values[i] ?? NaN) - (t.clientY - n.top)) ** 2 || 0));
		a(r.indexOf(Math.min(...r)));
	}, v = s ? o.map((e, t) => t).sort((e, t) => o[e] - o[t]) : o.map((e, t) => t);
	return /* @__PURE__ */ F("div", {
		ref: t,
		children: [
			/* @__PURE__ */ F("svg", {
				class: "plot",
				width: n,
				height: Lo,
				role: "img",
				"aria-label": `${e.title}: ${e.series.map((e) => e.name).join(", ")}`,
				onPointerMove: _,
				onPointerDown: _,
				children: [
					Wo(c).map((e) => /* @__PURE__ */ F("g", { children: [/* @__PURE__ */ F("line", {
						class: "axis",
						x1: Ro,
						x2: n - zo,
						y1: p(e),
						y2: p(e)
					}), /* @__PURE__ */ F("text", {
						x: Ro - 6,
						y: p(e) + 4,
						"text-anchor": "end",
						children: Jo(e)
					})] }, e)),
					Ko(d, n - Ro - zo, o.every(Number.isInteger)).map((e) => /* @__PURE__ */ F("text", {
						x: Math.min(f(e), n - Go * Jo(e).length / 2),
						y: 215,
						"text-anchor": "middle",
						children: Jo(e)
					}, e)),
					!s && /* @__PURE__ */ F("line", {
						class: "here",
						x1: f(o[h] ?? 0),
						x2: f(o[h] ?? 0),
						y1: Bo,
						y2: Lo - Vo
					}),
					e.series.map((e, t) => /* @__PURE__ */ F("g", {
						class: `s${g[t]} ${e.look}`,
						children: F(s ? is : rs, {
							one: e,
							at: o,
							x: f,
							y: p,
							shown: h
						})
					}, t))
				]
			}),
			o.length > 1 && /* @__PURE__ */ F("input", {
				type: "range",
				min: 0,
				max: o.length - 1,
				value: v.indexOf(h),
				onInput: (e) => a(v[Number(e.currentTarget.value)] ?? null),
				"aria-label": `${e.x || "Place"} in ${e.title}`,
				"aria-valuetext": X(o[h])
			}),
			/* @__PURE__ */ F("p", {
				class: "legend",
				"aria-live": "polite",
				children: [/* @__PURE__ */ F("b", { children: Xo(o[h], e.x) }), e.series.map((e, t) => /* @__PURE__ */ F("span", {
					class: `s${g[t]} ${e.look}`,
					children: [
						/* @__PURE__ */ F("i", { class: "swatch" }),
						" ",
						e.names?.[h] === void 0 ? e.name : /* @__PURE__ */ F(Qo, { text: e.names[h] }),
						" ",
						/* @__PURE__ */ F("b", {
							class: "number",
							children: Yo(e.values[h])
						}),
						" ",
						/* @__PURE__ */ F("small", {
							class: "number",
							children: Zo(e, h)
						})
					]
				}, t))]
			})
		]
	});
}
function rs({ one: e, at: t, x: n, y: r, shown: i }) {
	let a = (e) => e.map((i, a) => i === null ? "" : `${a > 0 && e[a - 1] !== null ? "L" : "M"}${n(t[a]).toFixed(1)} ${r(i).toFixed(1)}`).join(""), o = (e, i) => `${n(t[i]).toFixed(1)} ${r(e[i]).toFixed(1)}`, { low: s, high: c } = e, l = t.flatMap((e, t) => (s?.[t] ?? null) !== null && (c?.[t] ?? null) !== null ? [t] : []), u = e.values[i] ?? null;
	return /* @__PURE__ */ F(S, { children: [
		s && c && l.length > 1 && /* @__PURE__ */ F("path", {
			class: "spread-of",
			d: `M${l.map((e) => o(c, e)).join("L")}L${l.reverse().map((e) => o(s, e)).join("L")}Z`
		}),
		/* @__PURE__ */ F("path", {
			class: "curve",
			d: a(e.values)
		}),
		u !== null && /* @__PURE__ */ F("circle", {
			r: "4",
			cx: n(t[i]),
			cy: r(u)
		})
	] });
}
function is({ one: e, at: t, x: n, y: r, shown: i }) {
	return /* @__PURE__ */ F(S, { children: t.map((t, a) => {
		let o = e.values[a] ?? null;
		if (o === null) return null;
		let [s, c] = [e.low?.[a] ?? null, e.high?.[a] ?? null];
		return /* @__PURE__ */ F("g", {
			class: a === i ? "looked-at" : "",
			children: [a === i && s !== null && c !== null && /* @__PURE__ */ F("line", {
				class: "curve",
				x1: n(t),
				x2: n(t),
				y1: r(s),
				y2: r(c)
			}), /* @__PURE__ */ F("circle", {
				r: a === i ? 5 : 3,
				cx: n(t),
				cy: r(o)
			})]
		}, a);
	}) });
}
function as({ curves: e, drawn: t = "lines", image: n }) {
	return t === "grid" ? /* @__PURE__ */ F(ss, {
		rows: e,
		image: n
	}) : t === "graph" ? /* @__PURE__ */ F(cs, { lines: e }) : t === "rows" ? /* @__PURE__ */ F(os, { values: e[0] ?? [] }) : /* @__PURE__ */ F(ls, {
		curves: e,
		lines: t === "lines"
	});
}
var os = ({ values: e }) => /* @__PURE__ */ F("svg", {
	class: "sketch bars-of s0",
	viewBox: "0 0 240 120",
	preserveAspectRatio: "none",
	"aria-hidden": "true",
	children: e.map((t, n) => t !== null && /* @__PURE__ */ F("path", {
		class: "curve",
		d: `M${240 * (n + .5) / e.length} 112V${108 - t}`
	}, n))
});
function ss({ rows: e, image: t }) {
	let n = I(), [, r, i] = n.manifest.model.input, a = R(t === void 0 ? null : yn(n, t)), [o, s] = [r / e.length, i / (e[0]?.length || 1)];
	return /* @__PURE__ */ F("svg", {
		class: "sketch",
		viewBox: `0 0 ${i} ${r}`,
		"aria-hidden": "true",
		children: [a && /* @__PURE__ */ F("image", {
			href: a,
			width: i,
			height: r,
			preserveAspectRatio: "none"
		}), e.map((e, t) => e.map((e, n) => /* @__PURE__ */ F("rect", {
			class: "loss",
			x: n * s,
			y: t * o,
			width: s,
			height: o,
			opacity: .0075 * (e ?? 0)
		}, `${t} ${n}`)))]
	});
}
var cs = ({ lines: e }) => /* @__PURE__ */ F("svg", {
	class: "sketch",
	viewBox: "0 0 240 120",
	"aria-hidden": "true",
	children: e.map(([e, t, n, r, i], a) => {
		let [o, s, c, l] = [
			12 + 2.16 * (e ?? 0),
			12 + 2.16 * (n ?? 0),
			8 + 1.04 * (t ?? 0),
			8 + 1.04 * (r ?? 0)
		], u = (o + s) / 2;
		return /* @__PURE__ */ F("g", {
			class: (i ?? 0) < 0 ? "s1" : "s0",
			children: [
				/* @__PURE__ */ F("path", {
					class: "curve",
					d: `M${o} ${c}C${u} ${c} ${u} ${l} ${s} ${l}`,
					opacity: "0.5",
					style: { strokeWidth: `${Math.max(.5, .05 * Math.abs(i ?? 0))}px` }
				}),
				/* @__PURE__ */ F("circle", {
					cx: s,
					cy: l,
					r: "4"
				}),
				/* @__PURE__ */ F("circle", {
					cx: o,
					cy: c,
					r: "4"
				})
			]
		}, a);
	})
}), ls = ({ curves: e, lines: t }) => /* @__PURE__ */ F("svg", {
	class: t ? "sketch" : "sketch dots",
	viewBox: "0 0 240 120",
	preserveAspectRatio: "none",
	"aria-hidden": "true",
	children: e.map((e, n) => /* @__PURE__ */ F("path", {
		class: `curve s${n}`,
		d: e.map((n, r) => n === null ? "" : `${t && r > 0 && e[r - 1] !== null ? "L" : "M"}${8 + 224 * r / Math.max(1, e.length - 1)} ${112 - 1.04 * n}${t ? "" : "h.01"}`).join("")
	}, n))
}), us = ([e, t, n, r]) => [(e + n) / 2, (t + r) / 2];
function ds(e, t, n) {
	let r = e.map((e) => (us(e)[0] - t) ** 2 + (us(e)[1] - n) ** 2);
	return r.indexOf(Math.min(...r));
}
var fs = (e, t) => [
	0,
	...e.slice(1).map((t, n) => (t + e[n]) / 2),
	t
];
function ps(e, t) {
	let n = t.map((t) => (e ?? 0) - (t ?? e ?? 0)), r = Math.max(...n, 0);
	return {
		share: n.map((e) => r > 0 ? Math.max(0, e / r) : 0),
		worst: n.indexOf(Math.max(...n))
	};
}
function ms({ name: e, pictures: t }) {
	let { manifest: n } = I(), r = L(`experiments/${e}`), [i, a] = A(0), [o, s] = A("0"), [c, l] = A(null), u = r.value?.images[i], d = t.includes(`${i}.webp`) ? `experiments/${e}/${i}.webp` : null, f = yn(I(), u?.image ?? -1), p = R(u ? u.image === null ? d : f : null);
	if (r.error) return null;
	if (!r.value || !u) return /* @__PURE__ */ F(Y, { what: e });
	let { boxes: m, shape: h, images: g } = r.value, _ = u.grids[Number(o)] ?? u.grids[0];
	if (!_) return null;
	let [, v, y] = n.model.input, { share: b, worst: x } = ps(_.before, _.after), S = c ?? x, C = m[S] ?? [
		0,
		0,
		0,
		0
	], w = fs(Array.from({ length: h[0] }, (e, t) => us(m[t * h[1]] ?? C)[0]), v), T = fs(m.slice(0, h[1]).map((e) => us(e)[1]), y), E = (e) => {
		let t = e.currentTarget.getBoundingClientRect();
		l(ds(m, (e.clientY - t.top) / t.height * v, (e.clientX - t.left) / t.width * y));
	};
	return /* @__PURE__ */ F(q, {
		class: "panel wide covered",
		title: "Place by place",
		note: "The warmer a place, the more is lost where the square is laid over it. Point at one, touch it, or use the slider.",
		children: /* @__PURE__ */ F("div", {
			class: "covered-pair",
			children: [/* @__PURE__ */ F("svg", {
				class: "whole",
				viewBox: `0 0 ${y} ${v}`,
				role: "img",
				"aria-label": `${u.name}: the square at row ${C[0]}, column ${C[1]}`,
				onPointerMove: E,
				onPointerDown: E,
				onPointerLeave: (e) => e.pointerType === "mouse" && l(null),
				children: [
					/* @__PURE__ */ F("rect", {
						class: "beyond",
						width: y,
						height: v
					}),
					p && /* @__PURE__ */ F("image", {
						href: p,
						width: y,
						height: v,
						preserveAspectRatio: "none"
					}),
					m.map((e, t) => {
						let [n, r] = [Math.floor(t / h[1]), t % h[1]], [i, a] = [w[n] ?? 0, T[r] ?? 0];
						return /* @__PURE__ */ F("rect", {
							class: "loss",
							x: a,
							y: i,
							width: (T[r + 1] ?? y) - a,
							height: (w[n + 1] ?? v) - i,
							opacity: .75 * (b[t] ?? 0)
						}, t);
					}),
					/* @__PURE__ */ F("rect", {
						class: "field-halo",
						x: C[1],
						y: C[0],
						width: C[3] - C[1],
						height: C[2] - C[0]
					}),
					/* @__PURE__ */ F("rect", {
						class: "field",
						x: C[1],
						y: C[0],
						width: C[3] - C[1],
						height: C[2] - C[0]
					})
				]
			}), /* @__PURE__ */ F("div", {
				class: "covered-told",
				children: [
					g.length > 1 && /* @__PURE__ */ F("label", { children: [
						"Image",
						" ",
						/* @__PURE__ */ F("select", {
							value: i,
							onChange: (e) => a(Number(e.currentTarget.value)),
							children: g.map((e, t) => /* @__PURE__ */ F("option", {
								value: t,
								children: Q(e.name)
							}, t))
						})
					] }),
					u.grids.length > 1 && /* @__PURE__ */ F(Pt, {
						label: "What is followed",
						value: o,
						options: u.grids.map((e, t) => [String(t), e.of]),
						change: s
					}),
					/* @__PURE__ */ F("p", { children: [
						/* @__PURE__ */ F(K, {
							text: _.of,
							plain: !0
						}),
						": ",
						/* @__PURE__ */ F("b", {
							class: "figure",
							children: X(_.before)
						}),
						" uncovered, ",
						/* @__PURE__ */ F("b", {
							class: "figure",
							children: X(_.after[S])
						}),
						" with rows ",
						C[0],
						" to ",
						C[2],
						", columns ",
						C[1],
						" to ",
						C[3],
						" covered",
						c === null && ", where it falls most",
						"."
					] }),
					/* @__PURE__ */ F("input", {
						type: "range",
						min: 0,
						max: m.length - 1,
						value: S,
						onInput: (e) => l(Number(e.currentTarget.value)),
						"aria-label": "Place of the square"
					}),
					u.image !== null && /* @__PURE__ */ F("p", { children: /* @__PURE__ */ F("a", {
						href: W(u.image),
						children: "What else excites units on this image"
					}) })
				]
			})]
		})
	});
}
// src/more/Epochs.tsx
function hs({ steps: e }) {
	let t = [];
	return e.map((e) => {
		t = [...t];
		for (let [n, r, ...i] of e) t[n] = {
			image: r,
			box: i
		};
		return t;
	});
}
var gs = [
	["index", "number"],
	["most", "changed most"],
	["least", "changed least"],
	["jumps", "changed image most often"]
];
function _s(e, t) {
	let n = e.like[0]?.length ?? 0, r = Array.from({ length: n }, (e, t) => t);
	if (t === "index") return r;
	let i = t === "jumps" ? hs(e) : [], a = (e) => i.filter((t, n) => n > 0 && t[e]?.image !== i[n - 1]?.[e]?.image).length, o = r.map((n) => t === "jumps" ? -a(n) : e.like[0]?.[n] ?? null), s = t === "least" ? -1 : 1;
	return r.sort((e, t) => {
		let [n, r] = [o[e] ?? null, o[t] ?? null];
		return n === null || r === null ? Number(n === null) - Number(r === null) || e - t : s * (n - r) || e - t;
	});
}
function vs({ name: e, query: t }) {
	let { router: n } = P(), r = L(`experiments/${e}`).value, i = t.get("layer"), a = Math.max(0, r?.layers.findIndex((e) => e.layer === i) ?? 0), o = L(r ? `experiments/${e}/${a}` : null).value;
	if (!r) return /* @__PURE__ */ F(Y, { what: e });
	let s = r.layers[a]?.layer ?? "", c = r.epochs.length - 1, l = t.get("epoch"), u = l === null ? c : Math.max(0, r.epochs.indexOf(Number(l))), d = t.has("unit") ? Number(t.get("unit")) : null, f = gs.find(([e]) => e === t.get("sort"))?.[0] ?? "index", p = (r) => n.replace(V(wt(e), {
		layer: i,
		epoch: l,
		unit: t.get("unit"),
		sort: t.get("sort"),
		...r
	})), m = (e) => p({ epoch: r.epochs[e] ?? null });
	return /* @__PURE__ */ F(q, {
		class: "panel wide epochs",
		title: "Epoch by epoch",
		note: "The patch that excites each unit most, and how like its responses to the images are to those it has in the end.",
		children: [/* @__PURE__ */ F("div", {
			class: "bar",
			role: "group",
			"aria-label": "What is shown",
			children: [
				/* @__PURE__ */ F("label", { children: ["Layer", /* @__PURE__ */ F("select", {
					value: s,
					onChange: (e) => p({
						layer: e.currentTarget.value,
						unit: null
					}),
					children: r.layers.map((e) => /* @__PURE__ */ F("option", { children: e.layer }, e.layer))
				})] }),
				/* @__PURE__ */ F("label", { children: ["Sort", /* @__PURE__ */ F("select", {
					value: f,
					onChange: (e) => p({ sort: e.currentTarget.value === "index" ? null : e.currentTarget.value }),
					children: gs.map(([e, t]) => /* @__PURE__ */ F("option", {
						value: e,
						children: t
					}, e))
				})] }),
				c > 0 && /* @__PURE__ */ F(bs, {
					at: u,
					last: c,
					turn: m
				}),
				/* @__PURE__ */ F("label", {
					class: "epoch",
					children: [
						"Epoch ",
						/* @__PURE__ */ F("output", { children: r.epochs[u] }),
						/* @__PURE__ */ F("input", {
							type: "range",
							min: 0,
							max: c,
							value: u,
							onInput: (e) => m(Number(e.currentTarget.value)),
							"aria-valuetext": `epoch ${r.epochs[u]}`
						})
					]
				})
			]
		}), o ? /* @__PURE__ */ F(Ss, {
			name: e,
			data: r,
			part: o,
			at: u,
			unit: d,
			sort: f,
			turn: m,
			follow: (e) => p({ unit: e })
		}) : /* @__PURE__ */ F(Y, { what: s })]
	});
}
var ys = 700;
function bs({ at: e, last: t, turn: n }) {
	let [r, i] = A(!1);
	return j(() => {
		if (!r) return;
		let a = setTimeout(() => e < t ? n(e + 1) : i(!1), ys);
		return () => clearTimeout(a);
	}, [r, e]), /* @__PURE__ */ F("button", {
		type: "button",
		onClick: () => {
			!r && e === t && n(0), i(!r);
		},
		children: r ? "Pause" : "Play"
	});
}
var xs = {
	width: 88,
	height: 104
};
function Ss({ name: e, data: t, part: n, at: r, unit: i, sort: a, turn: o, follow: s }) {
	let c = N(() => hs(n), [n]), l = N(() => _s(n, a), [n, a]), u = Pe((a) => {
		let o = l[a];
		return /* @__PURE__ */ F("button", {
			type: "button",
			class: "unit",
			"aria-pressed": o === i,
			onClick: () => s(o === i ? null : o),
			children: [/* @__PURE__ */ F(Ts, {
				name: e,
				data: t,
				seen: c[r]?.[o],
				side: 72
			}), /* @__PURE__ */ F("span", {
				class: "caption",
				children: [/* @__PURE__ */ F("b", { children: [/* @__PURE__ */ F("span", {
					class: "heard",
					children: "Unit "
				}), o] }), /* @__PURE__ */ F("span", {
					title: "likeness to the end",
					children: n.like[r]?.[o]?.toFixed(2) ?? "–"
				})]
			})]
		});
	}, [
		l,
		c,
		r,
		i,
		n
	]);
	return /* @__PURE__ */ F(S, { children: [i !== null && i < l.length && /* @__PURE__ */ F("div", {
		class: "followed",
		children: [
			/* @__PURE__ */ F("h3", { children: [
				/* @__PURE__ */ F(Qo, { text: `${n.layer}:${i}` }),
				", ",
				Z(c.filter((e, t) => t > 0 && e[i]?.image !== c[t - 1]?.[i]?.image).length, "change"),
				" of image"
			] }),
			/* @__PURE__ */ F("ol", { children: t.epochs.map((a, s) => /* @__PURE__ */ F("li", {
				class: s === r ? "here" : "",
				children: [
					/* @__PURE__ */ F("button", {
						type: "button",
						class: "plain-button",
						onClick: () => o(s),
						"aria-label": `Epoch ${a}`,
						"aria-pressed": s === r,
						children: [/* @__PURE__ */ F(Ts, {
							name: e,
							data: t,
							seen: c[s]?.[i],
							side: 84
						}), /* @__PURE__ */ F(ws, {
							name: e,
							data: t,
							unit: `${n.layer}:${i}`,
							at: s
						})]
					}),
					/* @__PURE__ */ F("b", {
						class: "number",
						children: a
					}),
					/* @__PURE__ */ F("small", { children: [
						X(n.values[s]?.[i]),
						" · ",
						n.like[s]?.[i]?.toFixed(2) ?? "–"
					] }),
					/* @__PURE__ */ F(Cs, {
						data: t,
						seen: c[s]?.[i]
					})
				]
			}, a)) }),
			/* @__PURE__ */ F("p", {
				class: "note",
				children: [
					"Below each epoch the strongest response, and its likeness to the end",
					t.units[`${n.layer}:${i}`] ? "" : "; projections are there of units that were followed when it was made",
					"."
				]
			})
		]
	}), /* @__PURE__ */ F(qi, {
		count: l.length,
		cell: xs,
		gap: 6,
		label: `Units of ${n.layer}`,
		current: i === null ? -1 : l.indexOf(i),
		select: (e) => s(l[e] ?? null),
		open: () => void 0,
		keyOf: (e) => l[e] ?? e,
		keys: !1,
		render: u
	})] });
}
function Cs({ data: e, seen: t }) {
	let n = t && e.images[t.image];
	return n === void 0 ? null : /* @__PURE__ */ F("a", {
		href: W(n),
		children: ["image ", n]
	});
}
function ws({ name: e, data: t, unit: n, at: r }) {
	let i = t.units[n];
	return i ? /* @__PURE__ */ F(pn, {
		path: `experiments/${e}/${i.picture}`,
		grid: i.grid,
		panel: 0,
		cell: r,
		side: 84,
		boost: !0
	}) : null;
}
function Ts({ name: e, data: t, seen: n, side: r }) {
	let i = I(), a = n !== void 0 && n.image >= 0, o = a ? t.images[n.image] : void 0, s = R(a ? t.own.includes(n.image) ? `experiments/${e}/${n.image}.webp` : o === void 0 ? null : yn(i, o) : null);
	if (!a) return /* @__PURE__ */ F("span", {
		class: "tile none",
		style: {
			width: `${r}px`,
			height: `${r}px`
		}
	});
	let [c, l, u, d] = n.box, [f, p] = t.input;
	return /* @__PURE__ */ F("svg", {
		class: u - c < 40 ? "cut sharp" : "cut",
		viewBox: `${l} ${c} ${d - l} ${u - c}`,
		style: {
			width: `${r}px`,
			height: `${r}px`
		},
		"aria-hidden": "true",
		children: [/* @__PURE__ */ F("rect", {
			class: "beyond",
			x: l,
			y: c,
			width: d - l,
			height: u - c
		}), s && /* @__PURE__ */ F("image", {
			href: s,
			width: p,
			height: f,
			preserveAspectRatio: "none"
		})]
	});
}
// src/more/Masks.tsx
function Es({ name: e }) {
	let t = L(`experiments/${e}`).value?.covered ?? [], n = [...new Set(t.flatMap((e) => Object.keys(e.boxes)))], [r, i] = A("");
	return t.length ? /* @__PURE__ */ F(q, {
		class: "panel wide masks",
		title: "What was covered",
		note: "Every image with its parts marked; choose one to see it covered in all of them.",
		children: [
			/* @__PURE__ */ F(Pt, {
				label: "Part that is covered",
				value: r,
				options: [["", "All, marked"], ...n.map((e) => [e, e])],
				change: i
			}),
			/* @__PURE__ */ F("ul", {
				class: "tiles",
				children: t.map((t) => /* @__PURE__ */ F("li", { children: [/* @__PURE__ */ F(Ds, {
					of: t,
					name: e,
					parts: n,
					part: r
				}), /* @__PURE__ */ F("small", {
					class: "cut-name",
					title: t.name,
					children: t.image === null ? /* @__PURE__ */ F("bdi", { children: Q(t.name) }) : /* @__PURE__ */ F("a", {
						href: W(t.image),
						children: Q(t.name)
					})
				})] }, t.picture))
			}),
			r === "" && /* @__PURE__ */ F("p", {
				class: "legend",
				children: n.map((e, t) => /* @__PURE__ */ F("span", {
					class: `s${t % 8}`,
					children: [
						/* @__PURE__ */ F("i", { class: "swatch" }),
						" ",
						/* @__PURE__ */ F("bdi", { children: e })
					]
				}, e))
			})
		]
	}) : null;
}
function Ds({ of: e, name: t, parts: n, part: r }) {
	let i = R(`experiments/${t}/${e.picture}`), [a, o] = e.size, s = r !== "" && !e.boxes[r];
	return /* @__PURE__ */ F("svg", {
		class: "cut",
		viewBox: `0 0 ${o} ${a}`,
		role: "img",
		"aria-label": `${e.name}: ${r === "" ? `${Object.keys(e.boxes).join(", ")} marked` : s ? `no ${r} in it` : `${r} covered`}`,
		opacity: s ? .3 : 1,
		children: [i && /* @__PURE__ */ F("image", {
			href: i,
			width: o,
			height: a,
			preserveAspectRatio: "none"
		}), Object.entries(e.boxes).map(([e, [t, i, a, o]]) => r === "" ? /* @__PURE__ */ F("rect", {
			class: `mark-of s${n.indexOf(e) % 8}`,
			x: i,
			y: t,
			width: o - i,
			height: a - t
		}, e) : e === r ? /* @__PURE__ */ F("rect", {
			class: "beyond",
			x: i,
			y: t,
			width: o - i,
			height: a - t
		}, e) : null)]
	});
}
// src/more/ResultTable.tsx
var Os = (e) => e.trim() !== "" && Number.isFinite(Number(e)), ks = (e) => !e || e === "nan", As = 4, js = [
	"class",
	"label",
	"answer"
], Ms = 3;
function Ns(e, t, n = {}) {
	let r = Object.keys(n).filter((t) => e.includes(t));
	return (r.length ? r : e).map((r) => {
		let i = e.indexOf(r);
		return {
			at: i,
			name: r,
			head: n[r]?.[0] ?? r,
			note: n[r]?.[1] ?? "",
			right: t.every((e) => Os(e[i] ?? "") || ks(e[i]))
		};
	});
}
function Ps({ columns: e, rows: t, told: n, images: r }) {
	let i = Ns(e, t, n).filter(({ at: e }) => t.some((t) => !ks(t[e]))), a = gt(i.some((e) => js.includes(e.name))), o = N(() => /* @__PURE__ */ new Set([...a.collection?.names ?? [], ...a.network?.names ?? []]), [a]), s = (e, t) => /* @__PURE__ */ F(Fs, {
		text: e[t.at] ?? "",
		right: t.right,
		image: r.get(e[t.at] ?? ""),
		known: js.includes(t.name) ? o : null
	}), c = i.filter((e) => e.note);
	return /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F("div", {
		class: t.length <= Ms ? "scroll all" : "scroll",
		tabIndex: 0,
		role: "region",
		"aria-label": "Rows of the table",
		children: t.length <= Ms && i.length > 6 ? /* @__PURE__ */ F("table", { children: /* @__PURE__ */ F("tbody", { children: i.map((e) => /* @__PURE__ */ F("tr", { children: [/* @__PURE__ */ F("th", {
			scope: "row",
			children: e.head
		}), t.map((t, n) => /* @__PURE__ */ F("td", { children: s(t, e) }, n))] }, e.at)) }) }) : /* @__PURE__ */ F("table", {
			class: i.length > As ? "stacked" : "",
			children: [/* @__PURE__ */ F("thead", { children: /* @__PURE__ */ F("tr", { children: i.map((e) => /* @__PURE__ */ F("th", {
				scope: "col",
				class: e.right ? "number" : "",
				title: e.note || void 0,
				children: /* @__PURE__ */ F("bdi", { children: e.head })
			}, e.at)) }) }), /* @__PURE__ */ F("tbody", { children: t.map((e, t) => /* @__PURE__ */ F("tr", { children: i.map((t) => /* @__PURE__ */ F("td", {
				class: t.right ? "number" : "",
				"data-head": t.head,
				children: s(e, t)
			}, t.at)) }, t)) })]
		})
	}), c.length > 0 && /* @__PURE__ */ F("details", {
		class: "how",
		children: [/* @__PURE__ */ F("summary", { children: "What the columns mean" }), /* @__PURE__ */ F("dl", { children: c.map((e) => /* @__PURE__ */ F("div", { children: [/* @__PURE__ */ F("dt", { children: e.head }), /* @__PURE__ */ F("dd", { children: e.note })] }, e.at)) })]
	})] });
}
function Fs({ text: e, right: t, image: n, known: r }) {
	let i = I();
	return t && ks(e) ? /* @__PURE__ */ F(S, { children: "–" }) : t ? /* @__PURE__ */ F("span", {
		title: Zt(e) === e ? void 0 : e,
		children: Zt(e)
	}) : n === void 0 ? r?.has(e) && i.manifest.classes ? /* @__PURE__ */ F("a", {
		href: Ct(e),
		children: e
	}) : ht(i, e) ? /* @__PURE__ */ F("a", {
		href: H(e),
		children: e
	}) : /:\d+/.test(e) ? /* @__PURE__ */ F(Qo, { text: e }) : /* @__PURE__ */ F("bdi", { children: e }) : /* @__PURE__ */ F("a", {
		href: W(n),
		children: e
	});
}
// src/more/Experiments.tsx
var Is = {
	diagnosis: "Diagnosis of the first layers",
	sanity: "What projections are worth",
	check: "Check of the network",
	paper: "The paper's claims"
}, Ls = (e) => Is[e] ?? e.charAt(0).toUpperCase() + e.slice(1);
function Rs() {
	let e = L("experiments");
	return e.error ? /* @__PURE__ */ F(zs, {}) : e.value ? e.value.length ? /* @__PURE__ */ F(S, { children: [
		/* @__PURE__ */ F("h1", { children: "Experiments" }),
		/* @__PURE__ */ F("p", {
			class: "lead",
			children: [
				"Results that other commands placed beside the units: ",
				Z(e.value.length, "experiment"),
				"."
			]
		}),
		/* @__PURE__ */ F("ul", {
			class: "experiments",
			children: e.value.map((e) => /* @__PURE__ */ F("li", { children: /* @__PURE__ */ F("a", {
				href: wt(e.name),
				children: [
					e.sketch?.length ? /* @__PURE__ */ F(as, {
						curves: e.sketch,
						drawn: e.drawn,
						image: e.images[0]
					}) : /* @__PURE__ */ F(Bs, {
						experiment: e,
						file: e.figures[0] ?? null,
						small: !0
					}),
					/* @__PURE__ */ F("span", {
						class: "op",
						children: Ls(e.kind)
					}),
					/* @__PURE__ */ F("b", { children: /* @__PURE__ */ F("bdi", { children: e.title }) }),
					/* @__PURE__ */ F("span", {
						class: "quiet clamp",
						children: e.summary
					})
				]
			}) }, e.name))
		})
	] }) : /* @__PURE__ */ F(zs, {}) : /* @__PURE__ */ F(Y, { what: "experiments" });
}
var zs = () => /* @__PURE__ */ F(S, { children: [/* @__PURE__ */ F("h1", { children: "Experiments" }), /* @__PURE__ */ F("p", {
	class: "empty",
	children: [
		"There are none yet. Commands such as ",
		/* @__PURE__ */ F("code", { children: "convscope occlude" }),
		" place their results here when they are told the atlas's folder."
	]
})] });
function Bs({ experiment: e, file: t, small: n }) {
	let r = R(t === null ? null : `experiments/${e.name}/${t}`), i = e.captions[e.figures.indexOf(t ?? "")] ?? "", [a, o] = A(!1), { host: s } = I().store;
	if (!r) return n ? /* @__PURE__ */ F(Vs, { experiment: e }) : null;
	if (n) return /* @__PURE__ */ F("img", {
		src: r,
		alt: "",
		loading: "lazy"
	});
	let c = /* @__PURE__ */ F("img", {
		src: r,
		alt: i || `Figure ${t} of ${e.title}`,
		onLoad: ({ currentTarget: { naturalWidth: e, naturalHeight: t } }) => o(e > 2 * t)
	});
	return /* @__PURE__ */ F("figure", {
		class: a ? "result wide" : "result",
		children: [s.kind === "file" ? c : /* @__PURE__ */ F("a", {
			href: r,
			target: "_blank",
			rel: "noreferrer",
			children: c
		}), i && /* @__PURE__ */ F("figcaption", { children: i })]
	});
}
function Vs({ experiment: { glimpse: e, shown: t } }) {
	return /* @__PURE__ */ F("span", {
		class: "no-figure",
		"aria-hidden": "true",
		children: (e ?? (t ? [t.columns, ...t.rows.slice(0, 3)] : [])).map((e, t) => /* @__PURE__ */ F("span", { children: e.slice(0, 4).map((e, t) => /* @__PURE__ */ F("bdi", { children: e }, t)) }, t))
	});
}
var Hs = (e) => /[",\n]/.test(e) ? `"${e.replace(/"/g, "\"\"")}"` : e;
function Us({ name: e, query: t }) {
	let n = L("experiments"), r = n.value?.find((t) => t.name === e), i = L(r?.sketch ? `results/${e}` : null), a = L(r?.data ? `experiments/${e}` : null);
	if (!n.value && !n.error) return /* @__PURE__ */ F(Y, { what: e });
	if (!r) return /* @__PURE__ */ F(J, {
		title: "No such experiment",
		children: [
			"“",
			e,
			"” is not in this atlas."
		]
	});
	if (i.error) return /* @__PURE__ */ F(J, {
		title: "Data is missing",
		children: i.error.message
	});
	let o = r.sketch ? i.value : r;
	return !o || r.data && !a.value && !a.error ? /* @__PURE__ */ F(Y, { what: e }) : /* @__PURE__ */ F(qs, {
		experiment: o,
		data: a.value ?? {},
		query: t
	});
}
var Ws = [
	"occlusion",
	"evolution",
	"correspondence",
	"causes"
], Gs = 1200, Ks = ({ text: e }) => /* @__PURE__ */ F(S, { children: e.split(/\n\s*\n/).map((e, t) => /* @__PURE__ */ F("p", {
	class: "prose",
	children: e
}, t)) });
function qs({ experiment: e, data: t, query: n }) {
	let { kind: r, name: i } = e, a = (t.charts?.length ?? 0) > 0 || Ws.includes(r) && e.data, o = e.figures.map((t) => /* @__PURE__ */ F(Bs, {
		experiment: e,
		file: t
	}, t)), [s, c] = A(!1);
	return /* @__PURE__ */ F(S, { children: [
		/* @__PURE__ */ F("div", {
			class: "page-head",
			children: /* @__PURE__ */ F("div", { children: [/* @__PURE__ */ F("h1", { children: /* @__PURE__ */ F("bdi", { children: e.title }) }), Ls(r) !== e.title && /* @__PURE__ */ F("p", {
				class: "lead",
				children: Ls(r)
			})] })
		}),
		e.summary.length > Gs ? /* @__PURE__ */ F("details", { children: [/* @__PURE__ */ F("summary", { children: "In words" }), /* @__PURE__ */ F(Ks, { text: e.summary })] }) : /* @__PURE__ */ F(Ks, { text: e.summary }),
		r === "occlusion" && e.data && /* @__PURE__ */ F(ms, {
			name: i,
			pictures: e.pictures ?? []
		}),
		r === "causes" && e.data && /* @__PURE__ */ F(Ur, { experiment: e }),
		r === "correspondence" && e.data && /* @__PURE__ */ F(Es, { name: i }),
		t.sheets?.map((e) => /* @__PURE__ */ F(Js, {
			name: i,
			...e
		}, e.picture)),
		a && /* @__PURE__ */ F("div", {
			class: `charts ${(t.charts?.length ?? 0) > 4 ? "many" : ""}`,
			children: t.charts?.map((e) => /* @__PURE__ */ F($o, { chart: e }, e.title))
		}),
		r === "evaluation" && e.data && /* @__PURE__ */ F(Fo, { name: i }),
		r === "evolution" && e.data && /* @__PURE__ */ F(vs, {
			name: i,
			query: n
		}),
		/* @__PURE__ */ F("div", {
			class: "findings",
			children: [
				!a && o,
				/* @__PURE__ */ F(Ys, {
					experiment: e,
					data: t
				}),
				a && o.length > 0 && /* @__PURE__ */ F("details", {
					class: "wide",
					onToggle: (e) => c(e.currentTarget.open),
					children: [/* @__PURE__ */ F("summary", { children: [Z(o.length, "figure"), ", as drawn for print"] }), s && o]
				})
			]
		}),
		/* @__PURE__ */ F(Zs, { experiment: e })
	] });
}
function Js({ name: e, title: t, picture: n }) {
	let r = R(`experiments/${e}/${n}`);
	return /* @__PURE__ */ F(q, {
		class: "panel masks",
		title: t,
		children: r && /* @__PURE__ */ F("img", {
			class: "sheet-of",
			src: r,
			alt: t
		})
	});
}
function Ys({ experiment: e, data: t }) {
	let { store: n } = I(), { shown: r, name: i } = e;
	if (!r?.rows.length) return null;
	let a = r.rows.length === r.count, o = () => Xe(`${i}.csv`, [r.columns, ...r.rows].map((e) => `${e.map(Hs).join(",")}\n`).join(""), "text/csv"), s = r.columns.indexOf("image"), c = new Map(s >= 0 && e.images.length === r.count ? r.rows.map((t, n) => [t[s] ?? "", e.images[n]]) : []);
	return /* @__PURE__ */ F(q, {
		class: "panel wide",
		title: "Table",
		note: a ? void 0 : `The first ${r.rows.length} of ${r.count} rows.`,
		children: [/* @__PURE__ */ F(Ps, {
			columns: r.columns,
			rows: r.rows,
			told: t.columns,
			images: c
		}), /* @__PURE__ */ F("p", {
			class: "actions",
			children: a ? /* @__PURE__ */ F("button", {
				type: "button",
				onClick: o,
				children: "Download CSV"
			}) : n.host.kind === "folder" && /* @__PURE__ */ F("a", {
				class: "button",
				href: `experiments/${encodeURIComponent(i)}/table.csv`,
				download: `${i}.csv`,
				children: "Download CSV"
			})
		})]
	});
}
var Xs = 24;
function Zs({ experiment: e }) {
	let t = I(), n = e.units.flatMap((e) => G(e) ?? []).filter((e) => z(t, e.layer, e.channel)), r = Qt(e.settings), i = Math.max(0, n.length - Xs) + Math.max(0, e.images.length - Xs);
	return /* @__PURE__ */ F("div", {
		class: "cards settings",
		children: [(n.length > 0 || e.images.length > 0) && /* @__PURE__ */ F(q, {
			title: "About",
			children: /* @__PURE__ */ F("p", {
				class: "chips",
				children: [
					n.slice(0, Xs).map((e) => /* @__PURE__ */ F("a", {
						class: "chip",
						href: U(e.layer, e.channel),
						children: /* @__PURE__ */ F(Nt, { unit: `${e.layer}:${e.channel}` })
					}, `${e.layer}:${e.channel}`)),
					e.images.slice(0, Xs).map((e) => /* @__PURE__ */ F("a", {
						class: "chip",
						href: W(e),
						children: ["image ", e]
					}, e)),
					i > 0 && /* @__PURE__ */ F("span", {
						class: "quiet",
						children: [
							"and ",
							i,
							" more"
						]
					})
				]
			})
		}), r.length > 0 && /* @__PURE__ */ F(q, {
			title: "Settings",
			children: /* @__PURE__ */ F(Ot, { rows: r })
		})]
	});
}
// src/more/index.ts
var Qs = /* @__PURE__ */ t({
	ComparePage: () => jo,
	ExperimentPage: () => Us,
	ExperimentsPage: () => Rs
}), $s = ":root,.convscope-box{color-scheme:light dark;--page:light-dark(#fbfbfa,#131416);--panel:light-dark(#fff,#1b1d20);--sunk:light-dark(#f1f1ef,#232529);--line:light-dark(#e1e1de,#33363b);--ink:light-dark(#1b1c1e,#ececea);--soft:light-dark(#5b5e63,#a5a8ad);--accent:light-dark(#0a5c8a,#6fc1ee);--accent-fill:light-dark(#0f74ad,#4aa9de);--accent-soft:light-dark(#e3f0f8,#17303f);--negative:light-dark(#b3471d,#f0935f);--warn:light-dark(#fff6e0,#332a14);--grey:gray;--mark:#ffd34d;--star:light-dark(#9a6a00,#ffd34d);--s0:light-dark(#0f74ad,#4aa9de);--s1:light-dark(#b3471d,#f0935f);--s2:light-dark(#2a7f3f,#6cc98a);--s3:light-dark(#8a3f9e,#cf8fe0);--s4:light-dark(#7d6a00,#d6c24d);--s5:light-dark(#c2185b,#f48fb1);--s6:light-dark(#00757d,#4dd0c8);--s7:light-dark(#5b5e63,#a5a8ad);--mono:ui-monospace, \"SF Mono\", \"Cascadia Mono\", Menlo, Consolas, \"DejaVu Sans Mono\", monospace;background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%;overflow-wrap:anywhere;scroll-padding-top:8rem;font:15px/1.5 system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Liberation Sans,sans-serif}[data-theme=light]{color-scheme:light}[data-theme=dark]{color-scheme:dark}*,:before,:after{box-sizing:border-box}body{margin:0}.convscope-box{border:1px solid var(--line);border-radius:8px;outline:none;position:relative;overflow:auto}#app,.convscope-box{min-width:0}h1,h2,h3,p,dl,dd,ul,ol,figure{margin:0;padding:0}h1{letter-spacing:-.012em;overflow-wrap:anywhere;font-size:1.6rem;font-weight:650;line-height:1.25}h2{font-size:1rem;font-weight:640}h3{font-size:.86rem;font-weight:600}a{color:var(--accent);text-underline-offset:2px;text-decoration-thickness:1px}.lead{color:var(--soft);max-width:110ch;margin-top:.2rem;font-size:1.02rem}.quiet,.note,small,.op,.hint{color:var(--soft)}.note{max-width:72ch;margin:.1rem 0 .7rem;font-size:.84rem}small{font-size:.8rem;line-height:1.3;display:block}.op{font-size:.84rem}.number,output,.figure{font-variant-numeric:tabular-nums;white-space:nowrap}code,kbd{font-family:var(--mono);font-size:.88em}code{background:var(--sunk);overflow-wrap:anywhere;border-radius:4px;padding:.05em .3em}.hash{background:0 0;padding:0}kbd{border:1px solid var(--line);background:var(--sunk);white-space:nowrap;border-bottom-width:2px;border-radius:5px;padding:.1em .45em}.name{overflow-wrap:anywhere}.cut-name{text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom;max-width:100%;display:inline-block;overflow:hidden}h1 .cut-name{max-width:min(100%,40ch)}.prose{white-space:pre-line;overflow-wrap:anywhere;max-width:72ch;margin:.6rem 0}.heard{clip-path:inset(50%);white-space:nowrap;width:1px;height:1px;position:absolute;overflow:hidden}.skip{position:absolute;left:-99rem}.skip:focus{z-index:60;background:var(--panel);padding:.4rem .8rem;top:.5rem;left:1rem}:focus-visible{outline:2px solid var(--accent-fill);outline-offset:2px;border-radius:3px}main:focus{outline:none}button,.button,input,select{font:inherit;color:inherit}button,.button{background:var(--panel);border:1px solid var(--line);cursor:pointer;color:var(--ink);border-radius:7px;align-items:center;min-height:2.1rem;padding:.28rem .75rem;text-decoration:none;display:inline-flex}button:hover,.button:hover{border-color:var(--soft)}button:disabled{opacity:.45;cursor:default}input,select{background:var(--panel);border:1px solid var(--line);border-radius:7px;max-width:100%;min-height:2.1rem;padding:.28rem .6rem}input[type=range]{min-height:0;accent-color:var(--accent-fill);border:0;padding:0}input::placeholder{color:var(--soft);opacity:1}.icon{justify-content:center;width:2.1rem;min-width:2.1rem;padding:0}.icon svg{fill:none;stroke:currentColor;stroke-width:2px;width:1.1rem;height:1.1rem}.icon .shaded{fill:currentColor;stroke:none}.choice{border:1px solid var(--line);background:var(--sunk);border-radius:8px;gap:2px;padding:2px;display:inline-flex}.choice button{min-height:1.75rem;color:var(--soft);white-space:nowrap;background:0 0;border:0;border-radius:6px;padding:.1rem .65rem}.choice button[aria-pressed=true]{background:var(--panel);color:var(--ink);box-shadow:0 0 0 1px var(--line)}.top{border-bottom:1px solid var(--line);background:var(--page);z-index:20;flex-wrap:wrap;align-items:center;gap:.5rem .9rem;padding:.55rem max(clamp(.8rem,3vw,2rem),50% - 900px + 2rem);display:flex;position:sticky;top:0}.brand{color:var(--ink);letter-spacing:-.01em;align-items:center;gap:.5rem;font-weight:680;text-decoration:none;display:inline-flex}.brand svg{fill:none;width:1.35rem;height:1.35rem;stroke:var(--accent-fill);stroke-width:2px}.brand circle{fill:var(--accent-fill);stroke:none}.sections{flex:1;gap:.2rem;min-width:0;display:flex}.sections a{white-space:nowrap;color:var(--soft);border-radius:6px;padding:.25rem .6rem;text-decoration:none}.sections a:hover{color:var(--ink);background:var(--sunk)}.sections a[aria-current]{color:var(--ink);font-weight:600}.jump{width:13rem;color:var(--soft);justify-content:space-between}.jump kbd{font-size:.78rem}.trail{min-width:0;color:var(--soft);flex-basis:100%;gap:.45rem;font-size:.88rem;display:flex}.trail>*{min-width:0}.trail>*+:before{content:\"›\";color:var(--soft);margin-right:.45rem;text-decoration:none;display:inline-block}.trail>:is(a,span){align-items:baseline;max-width:40ch;text-decoration:none;display:inline-flex}.trail a:hover .name{text-decoration:underline}main{outline:none;max-width:1800px;margin:0 auto;padding:1.4rem clamp(.8rem,3vw,2rem) 4rem}.page-head{justify-content:space-between;align-items:flex-start;gap:1rem;margin-bottom:.9rem;display:flex}.page-head>div:first-child{min-width:0}.steps{flex:none;gap:.4rem;display:flex}.steps a{border:1px solid var(--line);background:var(--panel);width:2.3rem;height:2.3rem;color:var(--ink);border-radius:8px;place-items:center;text-decoration:none;display:grid}.steps a:hover{border-color:var(--soft)}.panel{background:var(--panel);border:1px solid var(--line);border-radius:10px;min-width:0;padding:.95rem 1.1rem 1.1rem}.panel>h2+:not(.note){margin-top:.6rem}.warning{background:var(--warn);margin:1rem 0}.warning ul{margin-top:.4rem;padding-left:1.2rem}.cards{grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:1rem;margin-top:1.6rem;display:grid}.facts{gap:.45rem;font-size:.92rem;display:grid}.facts div{grid-template-columns:6.5rem minmax(0,1fr);gap:.6rem;display:grid}dt{color:var(--soft)}dd{overflow-wrap:anywhere;min-width:0}.empty,.problem{text-align:center;color:var(--soft);border:1px dashed var(--line);border-radius:10px;margin-top:1rem;padding:2.5rem 1rem}.problem{border:0;max-width:60ch;margin:3rem auto}.problem h1{color:var(--ink)}.problem .lead{overflow-wrap:anywhere;margin:.6rem auto 1rem}.loading{padding:2rem 0}.chips{flex-wrap:wrap;gap:.4rem;display:flex}.chip{border:1px solid var(--line);background:var(--sunk);border-radius:99px;max-width:100%;padding:.15rem .75rem;text-decoration:none}.chip[aria-pressed=true]{border-color:var(--accent-fill);background:var(--accent-soft)}details>summary{cursor:pointer}.toast{background:var(--ink);color:var(--page);z-index:60;overflow-wrap:anywhere;opacity:0;pointer-events:none;border-radius:8px;max-width:min(90vw,60ch);padding:.5rem 1rem;transition:opacity .15s;position:fixed;bottom:1.4rem;left:50%;translate:-50%}.toast[data-shown=true]{opacity:1}.tile{background-color:var(--grey);-webkit-print-color-adjust:exact;print-color-adjust:exact;background-repeat:no-repeat;flex:none;display:block;box-shadow:inset 0 0 0 1px #8883}.tile.projection{filter:var(--boost,none)}.sharp,.cut.sharp image{image-rendering:pixelated}.tile.none{background:repeating-linear-gradient(45deg, var(--sunk) 0 4px, var(--line) 4px 5px);width:32px;height:32px}.pair{justify-content:center;align-items:center;gap:3px;display:flex}.caption{font-variant-numeric:tabular-nums;justify-content:space-between;gap:.4rem;min-width:0;font-size:.8rem;line-height:1.3;display:flex}.caption b{text-overflow:ellipsis;white-space:nowrap;min-width:0;font-weight:600;overflow:hidden}.caption span{color:var(--soft);white-space:nowrap}.called{text-align:left;width:0;min-width:100%;color:var(--soft);line-height:1.25}.called .name{white-space:normal;overflow-wrap:anywhere}.whole,.cut{background:var(--sunk);width:100%;display:block}.whole .beyond,.cut .beyond{fill:var(--grey)}.whole .missing{fill:var(--sunk)}.whole .shade{fill:#000;opacity:.38}.whole .field,.whole .field-halo{fill:none;stroke:var(--mark);stroke-width:2px;vector-effect:non-scaling-stroke}.whole .part{fill:none;stroke:#fff;stroke-width:1.5px;stroke-dasharray:4 3;vector-effect:non-scaling-stroke}.whole .field-halo{stroke:#000;stroke-width:4px;opacity:.55}.map-head{flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.6rem;margin:1.6rem 0 .7rem;display:flex}.map{gap:.45rem;list-style:none;display:grid;position:relative}.map:before{content:\"\";background:var(--line);width:2px;position:absolute;top:1rem;bottom:1rem;left:1.05rem}.station{min-width:0;padding-left:2.3rem;position:relative}.station:before{content:\"\";background:var(--page);border:3px solid var(--accent-fill);border-radius:50%;width:.85rem;height:.85rem;margin-top:-.43rem;position:absolute;top:50%;left:.66rem}.station>a{background:var(--panel);border:1px solid var(--line);color:var(--ink);border-radius:10px;grid-template-columns:minmax(9rem,1fr) 8.2rem 8rem 8.4rem 418px;align-items:center;gap:.4rem 1.1rem;padding:.6rem 1rem;text-decoration:none;display:grid}.station>a:hover,.station.current>a{border-color:var(--accent-fill)}.station.current>a{box-shadow:0 0 0 1px var(--accent-fill)}.station-name{min-width:0;display:grid}.station-name b{min-width:0;font-weight:620}.station-field{font-variant-numeric:tabular-nums;align-items:center;gap:.6rem;display:flex}.station-told{text-align:right;font-variant-numeric:tabular-nums;color:var(--soft);display:grid}.station-told>*{font-size:.88rem}.station-told small{white-space:nowrap}.station-told .some{color:var(--negative);font-weight:600}.caution{border-left:3px solid var(--negative);max-width:60rem;margin:.4rem 0;padding-left:.7rem}.glyph{flex:none;width:34px;height:34px}.glyph .frame{fill:var(--sunk);stroke:var(--line)}.glyph .filled{fill:var(--accent-fill);opacity:.75}.strip{gap:2px;display:grid;overflow:hidden}.strip>span{gap:2px;display:flex}.passed{color:var(--soft);padding-left:2.3rem;font-size:.85rem;position:relative}.passed ul{gap:.2rem;padding:.5rem 0 .5rem 1rem;list-style:none;display:grid}.passed li{flex-wrap:wrap;gap:.2rem 1rem;display:flex}.passed .name{min-width:16rem}.bar{border-block:1px solid var(--line);flex-wrap:wrap;align-items:center;gap:.6rem .9rem;margin-bottom:.7rem;padding:.7rem 0;font-size:.9rem;display:flex}.contrast{color:var(--soft);align-items:center;gap:.45rem;font-size:.9rem;display:inline-flex}.bar label,.range{color:var(--soft);white-space:nowrap;align-items:center;gap:.45rem;max-width:100%;display:inline-flex}.bar select{min-width:0;max-width:15rem}select{text-overflow:ellipsis}.bar .classes{width:11rem}.bar :is(input,select){color:var(--ink)}.fold{display:none}.range{flex-wrap:wrap}.range>span{white-space:nowrap}.bar .few{width:5.6rem}.bar .find{width:11rem}.count{white-space:nowrap;margin-left:auto;font-weight:600}.virtual{margin-inline:-7px;list-style:none;position:relative}.layer-map .virtual{margin-inline:0}.virtual>li{position:absolute}.unit{color:var(--ink);background:0 0;border:1px solid #0000;border-radius:8px;align-content:start;gap:.2rem;width:100%;height:100%;min-height:0;padding:5px 6px 4px;text-decoration:none;display:grid}button.unit{align-items:start;display:grid}.unit .pair{min-height:0}.unit:hover{background:var(--panel);border-color:var(--line)}.virtual>.current .unit{background:var(--accent-soft);border-color:var(--accent-fill)}.unit.dead{color:var(--soft)}.unit:focus-visible{outline-offset:-1px;border-radius:8px}.thumb img{aspect-ratio:1;object-fit:cover;background:var(--grey);border-radius:4px;width:100%;height:auto}.thumb small{min-width:0;overflow:hidden}.unit-name{font-size:1.1rem;font-weight:600}.stack{align-content:start;gap:1rem;min-width:0;display:grid}.stats{flex-wrap:wrap;gap:.4rem 2rem;margin-bottom:1.1rem;display:flex}.stats div{align-items:baseline;gap:.5rem;display:flex}.stats dt{font-size:.85rem}.stats dd{font-variant-numeric:tabular-nums;font-weight:640}.examples{grid-template-columns:minmax(0,1fr) minmax(0,19rem);align-items:start;gap:.8rem 2rem;display:grid}.examples-bar{flex-wrap:wrap;grid-column:1/-1;align-items:center;gap:.5rem 1rem;display:flex}.how{flex-basis:100%;font-size:.88rem}.how summary{color:var(--accent)}.how dl{gap:.4rem;max-width:76ch;margin:.6rem 0 .3rem;display:grid}.how dl div{grid-template-columns:8.5rem minmax(0,1fr);gap:.6rem;display:grid}.small{font-size:.88rem}.panel>.caution,.panel>.note:last-child{margin:.7rem 0 0}.hint{font-size:.84rem}@media (hover:hover){.touch-only{display:none}}.panels{gap:1.4rem;min-width:0;display:grid}.panels-2{grid-template-columns:repeat(2,minmax(0,1fr))}figcaption{color:var(--soft);margin-bottom:.4rem;font-size:.84rem}.nine{justify-content:start;gap:4px;display:grid}.cell{cursor:zoom-in;background:0 0;border:0;border-radius:0;min-height:0;padding:0;display:block;position:relative}.cell.active:after{content:\"\";border:2px solid var(--mark);pointer-events:none;position:absolute;inset:-2px;box-shadow:0 0 0 1px #000,inset 0 0 0 1px #0008}.cell:focus-visible{outline-offset:1px;z-index:2}.looked{min-width:0}.looked dl{gap:.15rem;margin-top:.6rem;font-size:.9rem;display:grid}.looked dl div{grid-template-columns:5.2rem minmax(0,1fr);gap:.5rem;display:grid}.actions{flex-wrap:wrap;gap:.5rem;margin:1.3rem 0 1.4rem;display:flex}.details{grid-template-columns:repeat(auto-fit,minmax(min(100%,max(25rem,32%)),1fr));align-items:start;gap:1rem;display:grid}.wide>.note{max-width:none}:is(h1,.lead)+.bar{margin-top:.9rem}.details .wide{grid-column:1/-1}.histogram{width:100%;height:auto;display:block;overflow:visible}.histogram .bar{fill:var(--accent-fill);opacity:.75}.histogram a .reach{fill:#0000}.histogram a:hover .bar{opacity:1}.band.here{outline:2px solid var(--mark);outline-offset:6px;border-radius:4px}.histogram .axis{stroke:var(--line)}.histogram .mark{fill:var(--negative)}.histogram text{fill:var(--soft);font-size:14px}.bars,.joints{gap:.35rem;font-size:.9rem;list-style:none;display:grid}.bars li{grid-template-columns:minmax(0,10rem) 1fr 4.4rem;align-items:center;gap:.7rem;display:grid}.joints li{grid-template-columns:34px minmax(0,12rem) minmax(3.4rem,1fr) 4.4rem;align-items:center;gap:.7rem;display:grid}.joints.bare li{grid-template-columns:minmax(0,1fr) 3.4rem 4.4rem}.joint-name,.joint-name a{white-space:nowrap;min-width:0;display:flex}.joint-name span{text-overflow:ellipsis;white-space:nowrap;overflow:hidden}.bars .number,.joints .number{text-align:right}.tuning{gap:.35rem;font-size:.9rem;list-style:none;display:grid}.tuning li{grid-template-columns:minmax(0,9rem) 1fr 3rem;align-items:center;gap:.7rem;display:grid}.tuning .differs{font-weight:600}.tuning .number{text-align:right;white-space:nowrap}.tuning-track{background:var(--sunk);border-radius:3px;height:.8rem;position:relative}.tuning-track i{position:absolute;top:0;bottom:0}.tuning-track .middle{background:var(--line);border-radius:3px}.tuning-track .interval{background:var(--ink);top:calc(50% - 1px);bottom:calc(50% - 1px)}.tuning-track .dot{background:var(--accent-fill);border-radius:50%;width:.6rem;height:.6rem;margin-left:-.3rem;top:.1rem}.bar-name{text-overflow:ellipsis;white-space:nowrap;min-width:0;overflow:hidden}.bar-name .verdict{text-overflow:ellipsis;display:block;overflow:hidden}.bar-track{background:var(--sunk);border-radius:3px;height:.6rem;overflow:hidden}.bar-track>span{background:var(--accent-fill);height:100%;display:block}.bar-track.negative>span{background:var(--negative)}.tiles{flex-wrap:wrap;gap:.7rem;list-style:none;display:flex}.tiles li{position:relative}.tiles li>a:first-child{color:var(--ink);border-radius:4px;gap:.15rem;text-decoration:none;display:grid}.tiles li>a:first-child:hover .caption b{text-decoration:underline}.versus{color:#fff;opacity:0;background:#000b;padding:0 .35rem;font-size:.8rem;text-decoration:none;position:absolute;top:0;right:0}.versus svg{fill:none;stroke:currentColor;stroke-width:1.6px;width:.95rem;height:.95rem;display:block}button.versus{border:0;border-radius:0;min-height:1.4rem}.versus[aria-pressed=true]{opacity:1;background:var(--mark);color:#000}@media (hover:none){.hover-only{display:none}.versus{opacity:1;justify-content:center;min-width:1.9rem;min-height:1.9rem}}.tiles li:hover .versus,.versus:focus-visible{opacity:1}.bands{grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:1rem 1.6rem;display:grid}.band-row{gap:.5rem;min-height:5.4rem;margin-top:.35rem;display:flex}.band-row .quiet{font-size:.85rem}.band-row a{width:72px;color:var(--soft);align-content:start;gap:.1rem;font-size:.8rem;text-decoration:none;display:grid}.channels-panel{margin-block:1.4rem}.channels{flex-wrap:wrap;gap:.5rem;margin:0;padding:0;list-style:none;display:flex}.plain-button{cursor:pointer;background:0 0;border:0;justify-items:center;gap:3px;min-height:0;padding:0;display:grid}.plain-button .number{color:var(--soft);font-size:.8rem}.control{flex-wrap:wrap;align-items:flex-end;gap:1rem;display:flex}.control figcaption{margin:.3rem 0 0}.control p{align-self:center;max-width:12rem;font-size:.85rem;display:grid}.figure{font-size:1.7rem;font-weight:640;line-height:1.1}.plain{gap:.3rem;list-style:none;display:grid}.star{color:var(--star)}.icon.star{width:2.3rem;height:2.3rem;color:var(--soft);border-radius:8px;font-size:1.15rem}.icon.star.on{color:var(--star);border-color:var(--star)}.caption .star{color:var(--star);margin-left:.25rem}.toggle[aria-pressed=true]{background:var(--accent-soft);border-color:var(--accent-fill)}textarea{font:inherit;color:inherit;background:var(--page);border:1px solid var(--line);resize:vertical;border-radius:7px;width:100%;padding:.4rem .6rem}textarea::placeholder{color:var(--soft);opacity:1}.missing-picture{grid-column:1/-1;margin:0}.nine .whole{cursor:inherit}.whole text{fill:var(--soft)}.source{padding:.6rem clamp(.8rem,3vw,2rem) 1rem;font-size:.88rem}:is(.marked,.beside){margin-top:1.6rem}.marked .tiles li{max-width:9.5rem}.marked .actions{margin:.9rem 0 0}label.button:focus-within{outline:2px solid var(--accent-fill);outline-offset:2px}.spread{cursor:crosshair;touch-action:none;border-radius:4px;flex:none;overflow:hidden}.spread .ground{fill:var(--sunk)}.spread .bar{fill:var(--accent-fill);opacity:.8}.spread .bar.out{fill:var(--soft);opacity:.3}.layer-map{grid-template-columns:minmax(0,1fr) 16.5rem;align-items:start;gap:1.4rem;display:grid}.map-look{gap:.7rem;display:grid;position:sticky;top:6.6rem}.map-pair{flex-wrap:wrap;gap:4px;display:flex}.unit.mini{border:0;border-radius:0;padding:0}.virtual>.current .mini{box-shadow:0 0 0 2px var(--mark), 0 0 0 3px #000;z-index:1;background:0 0;position:relative}.modal{z-index:50;background:#0009;place-items:center;padding:1rem;display:grid;position:fixed;inset:0;overflow:auto}.sheet{background:var(--panel);border:1px solid var(--line);border-radius:12px;min-width:0;max-width:min(100%,1250px);max-height:94vh;padding:1.2rem 1.4rem 1.4rem;position:relative;overflow:auto}.share{justify-items:start;gap:.5rem;display:grid}.share h3{margin-top:.8rem}.share pre{background:var(--sunk);font:.88rem/1.45 var(--mono);white-space:pre-wrap;overflow-wrap:anywhere;border-radius:7px;justify-self:stretch;margin:0;padding:.6rem .8rem}.sheet>.close{position:absolute;top:.8rem;right:.8rem}.close{font-size:1.2rem;line-height:1}.narrow{max-width:34rem}.narrow ul{gap:.4rem;margin-top:.6rem;padding-left:1.2rem;display:grid}.narrow p{margin-top:.6rem}.help .columns{grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1.2rem 2.2rem;margin-top:.8rem;display:grid}.help dl{gap:.35rem;margin-top:.4rem;display:grid}.help dl div{grid-template-columns:8.2rem 1fr;align-items:baseline;gap:.4rem;display:grid}.help dt{color:var(--ink)}.help{width:min(100%,62rem)}.lightbox{grid-template-rows:auto minmax(0,1fr) auto;padding:.8rem 1rem;display:grid}.lightbox-bar{flex-wrap:wrap;align-items:center;gap:.6rem 1rem;display:flex}.lightbox-bar .close{margin-left:auto}.slider{color:var(--soft);align-items:center;gap:.5rem;font-size:.88rem;display:inline-flex}.zoom{align-items:center;gap:.4rem;display:inline-flex}.zoom output{text-align:center;min-width:3.4rem}.stage{max-height:calc(94vh - 9.5rem);margin:.8rem 0;overflow:auto}.stage>*{cursor:zoom-in}.stage.zoomed>*{cursor:grab;touch-action:none}.large-pair{justify-content:safe center;gap:6px;display:flex}.overlay{width:fit-content;margin:0 auto;position:relative}.overlay .over{position:absolute;inset:0}.large-whole{margin:0 auto}.lightbox-foot{justify-content:space-between;align-items:center;gap:1rem;min-width:0;display:flex}.lightbox-foot p{text-align:center;min-width:0;font-size:.92rem}.lightbox-foot .cut-name{max-width:22ch}.high{align-items:start;padding-top:min(12vh,7rem)}.search{grid-template-rows:auto minmax(0,1fr);width:min(100%,44rem);max-height:80vh;padding:.9rem;display:grid;overflow:hidden}.search>input{width:100%;min-height:2.6rem;font-size:1.05rem}.search>p{margin-top:.6rem;font-size:.84rem}.hits{min-height:0;overflow:auto}.hits h3{color:var(--soft);margin:.8rem 0 .25rem}.hit{color:var(--ink);border-radius:6px;align-items:center;gap:.7rem;min-width:0;padding:.25rem .4rem;text-decoration:none;display:flex}.hit[aria-selected=true]{background:var(--accent-soft);box-shadow:inset 0 0 0 1px var(--accent-fill)}.hit:hover{background:var(--sunk)}.hit bdi{text-overflow:ellipsis;white-space:nowrap;min-width:0;overflow:hidden}.hit bdi:last-child:not(:nth-child(2)){max-width:50%;margin-left:auto;font-size:.86rem}.hit-cards{grid-template-columns:repeat(auto-fill,minmax(8.4rem,1fr));display:grid}.hit-cards h3{grid-column:1/-1}.hit-cards .hit{align-content:start;gap:0;padding:.35rem;font-size:.84rem;display:grid}.hit-cards .hit bdi{white-space:normal;overflow-wrap:anywhere;line-height:1.25}.hit-cards .hit bdi:last-child:not(:nth-child(2)){max-width:none;margin:0}.hit-picture{flex:none;gap:3px;width:91px;display:flex}.class-page{columns:2;column-gap:1rem;margin-top:1.2rem}.class-page>.panel{break-inside:avoid;margin-bottom:1rem}.class-page>.wide{column-span:all}.thumbs{flex-wrap:wrap;gap:4px;list-style:none;display:flex}.thumbs a{display:block}.class-list{margin-top:1rem;list-style:none}.class-list .chip{align-items:center;gap:.5rem;display:flex}.class-list small{display:inline}.cut-tile{flex:none}.laid{filter:var(--boost,none)}.beside-note{flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.4rem 1rem;display:flex}.beside-note .note{margin:0}.small-image{object-fit:cover;background:var(--grey);display:block}.more{margin-top:.6rem;font-size:.9rem}.pair-link{gap:.3rem;width:fit-content;display:grid}.logit{align-items:baseline;gap:.4rem}.chip .logit small,.rows-of .logit small,td .logit small{display:inline}.image-page{grid-template-columns:minmax(0,clamp(18rem,24vw,28rem)) minmax(0,1fr);align-items:start;gap:1.4rem 2rem;display:grid}.image-page>div{gap:1rem;display:grid}.sticky{position:sticky;top:6.6rem}.looked figcaption+*{margin-top:0}.sticky figcaption{min-height:1.4em;margin:.5rem 0 0}.path{font-size:.84rem}.image-page details{margin-top:.8rem;font-size:.9rem}.image-page details ul{margin-top:.6rem}.versus-pair{grid-template-columns:repeat(2,minmax(0,1fr));align-items:start;gap:1rem;margin-top:.8rem;display:grid}.measure{font-size:.84rem}.half .panels{grid-template-columns:auto auto;justify-content:start;margin:-3px;padding:3px;overflow-x:auto}.half .note{margin-top:.5rem}.half h2{min-width:0}.compare-bar input{width:min(100%,18rem)}.experiments{grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:1rem;margin-top:1.2rem;list-style:none;display:grid}.experiments a{border:1px solid var(--line);background:var(--panel);color:var(--ink);overflow-wrap:anywhere;border-radius:10px;align-content:start;gap:.25rem;min-width:0;height:100%;padding:.8rem;text-decoration:none;display:grid}.experiments a:hover{border-color:var(--accent-fill)}.experiments img,.no-figure{object-fit:contain;background:#fff;border-radius:6px;width:100%;height:9.5rem;margin-bottom:.3rem;display:block}.no-figure{background:var(--sunk);color:var(--soft);padding:.5rem .8rem;overflow:hidden}.no-figure>span{border-bottom:1px solid var(--line);white-space:nowrap;grid-auto-columns:minmax(0,1fr);grid-auto-flow:column;gap:.8rem;padding:.3rem 0;font-size:.8rem;display:grid}.no-figure>span:first-child{font-weight:600}.no-figure bdi{text-overflow:ellipsis;overflow:hidden}.findings{grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));align-items:start;gap:1rem;margin-top:1rem;display:grid}.findings .result{margin:0}.findings .wide{grid-column:1/-1}.cards.settings{align-items:start}.settings .facts{grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));column-gap:2rem}.settings .facts div{grid-template-columns:12rem minmax(0,1fr);align-items:baseline}.settings .facts dt{overflow-wrap:anywhere}.findings table{width:100%}.findings .how{margin-top:.7rem}.findings th+th,.findings td+td{padding-left:1.2rem}.findings .actions{margin:.9rem 0 0}.clamp{-webkit-line-clamp:3;-webkit-box-orient:vertical;font-size:.88rem;display:-webkit-box;overflow:hidden}.result{margin:1rem 0}.result img{border:1px solid var(--line);background:#fff;border-radius:8px;max-width:100%}.scroll{max-height:27rem;overflow:auto}.scroll.all{max-height:none}.scroll th{background:var(--panel);position:sticky;top:0}.scroll tbody tr:hover td{background:var(--sunk)}table{border-collapse:separate;border-spacing:0;min-width:min(100%,24rem);font-size:.9rem}th,td{text-align:left;border-bottom:1px solid var(--line);white-space:nowrap;padding:.3rem .9rem .3rem 0}th{color:var(--soft);font-weight:600}th.number,td.number{text-align:right;padding:.3rem 0 .3rem .9rem}.s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}.s6{--c:var(--s6)}.s7{--c:var(--s7)}.charts{grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));align-items:start;gap:1rem;margin-top:1rem;display:grid}.charts.many{grid-template-columns:repeat(auto-fit,minmax(min(100%,23rem),1fr))}.plot{cursor:crosshair;touch-action:pan-y;width:100%;display:block}.plot text{fill:var(--soft);font-size:12px}.plot .axis{stroke:var(--line)}.plot .here{stroke:var(--soft);stroke-dasharray:2 3}.curve{fill:none;stroke:var(--c);stroke-width:2px;vector-effect:non-scaling-stroke}.compared .curve{stroke-dasharray:5 4;stroke-width:1.5px}.spread-of{fill:var(--c);opacity:.16}.plot circle{fill:var(--c)}.plot .looked-at circle{stroke:var(--ink);stroke-width:2px}.plot+input{width:calc(100% - 40px);margin:.2rem 0 0 36px}.legend{flex-wrap:wrap;gap:.25rem 1.1rem;margin-top:.5rem;font-size:.88rem;display:flex}.legend small{display:inline}.swatch{background:var(--c);vertical-align:-1px;border-radius:3px;width:.8rem;height:.8rem;display:inline-block}.compared .swatch{border:2px dashed var(--c);background:0 0}.rows-of{gap:.5rem;font-size:.9rem;list-style:none;display:grid}.rows-of li{grid-template-columns:minmax(0,max(12rem,26%)) minmax(0,1fr);align-items:center;gap:.2rem .8rem;display:grid}.rows-of li>div>div{grid-template-columns:minmax(3rem,1fr) 10.5rem;align-items:center;gap:.7rem;display:grid}.chart{container:chart/inline-size}@container chart (width<=31rem){.rows-of li{grid-template-columns:minmax(0,1fr)}}.rows-of small{white-space:nowrap;display:inline}.rows-of li .number{white-space:normal}.track{background:var(--sunk);border-radius:3px;height:.8rem;margin-inline:.3rem;position:relative}.track i{position:absolute;top:0;bottom:0}.track .zero{border-left:1px solid var(--soft)}.track .interval{background:var(--c);top:calc(50% - 1px);bottom:calc(50% - 1px)}.track .dot{background:var(--c);border-radius:50%;width:.6rem;height:.6rem;margin-left:-.3rem;top:.1rem}.compared .track .dot{background:var(--panel);border:2px solid var(--c)}.sketch{background:var(--sunk);border-radius:6px;width:100%;height:9.5rem;margin-bottom:.3rem;display:block}.sketch circle{fill:var(--c)}.sketch.bars-of .curve{stroke-width:7px}.sketch.dots .curve{stroke-width:6px;stroke-linecap:round}.findings details{margin-top:.4rem}.epochs,.masks{margin-top:1rem}.epochs .epoch{flex:1;min-width:min(100%,16rem)}.epochs .epoch input{flex:1}.epochs output{min-width:2.4rem;color:var(--ink);font-weight:640}.epochs .cut{background:var(--grey)}.followed ol{gap:.7rem;margin:.5rem -4px 0;padding:4px 4px .6rem;list-style:none;display:flex;overflow-x:auto}.followed li{flex:none;align-content:start;gap:.1rem;font-size:.84rem;display:grid}.followed .here .plain-button{box-shadow:0 0 0 2px var(--accent-fill);border-radius:2px}.sheet-of{width:100%;max-width:46rem;image-rendering:pixelated;display:block}.masks .cut{width:8.5rem}.masks .tiles{margin-top:.8rem}.masks li{width:8.5rem}.mark-of{fill:none;stroke:var(--c);stroke-width:2px;vector-effect:non-scaling-stroke}.matches{grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:.5rem;margin-bottom:1rem;list-style:none;display:grid}.matches a{border:1px solid var(--line);color:var(--ink);background:var(--panel);border-radius:8px;grid-template-columns:1fr auto 1fr;align-items:center;gap:.6rem;padding:.5rem;text-decoration:none;display:grid}.matches a:hover{border-color:var(--accent-fill)}.matches .pair{justify-content:start}.matches small{text-align:center}main>.choice{margin-bottom:.5rem}.charts~.panel{margin-top:1rem}.answered ul{gap:.35rem;list-style:none;display:grid}.answered li{grid-template-columns:minmax(0,24rem) 3rem minmax(0,1fr);align-items:center;gap:.4rem 1rem;display:grid}.answered .thumbs{flex-wrap:wrap;gap:4px;display:flex}.surest{margin-top:.6rem}.surest li{width:7.5rem}.confusion{font-variant-numeric:tabular-nums;width:auto}.confusion :is(td,th){text-align:right;border:0;padding:.2rem .4rem}.confusion thead th{vertical-align:bottom}.confusion thead span{writing-mode:vertical-rl;text-overflow:ellipsis;max-height:9rem;display:inline-block;overflow:hidden;rotate:180deg}.confusion tbody th{max-width:12rem;font-weight:400}.scroll .confusion tbody tr td{background:color-mix(in srgb, var(--accent-fill) calc(.6 * var(--share,0%)), var(--panel));min-width:2.2rem}.confusion .right{box-shadow:inset 0 0 0 1.5px var(--accent-fill)}.covered{margin-top:1rem}.covered-pair{grid-template-columns:minmax(0,30rem) minmax(0,1fr);align-items:start;gap:1.4rem;display:grid}.covered-told{justify-items:start;gap:.8rem;display:grid}.covered-told>*{max-width:100%}.covered-told .choice{flex-wrap:wrap}.covered-told .choice button{white-space:normal}.covered-told .figure{font-size:1.15rem}.covered-told input{width:100%}.covered-told{max-width:44rem}.covered svg{cursor:crosshair;touch-action:none}.loss{fill:#ff5a1f;pointer-events:none}@media (width>=760px) and (width<=1100px){.strip{zoom:1.5}}@media (width>=1600px){.station>a{grid-template-columns:minmax(9rem,1fr) 8.2rem 8rem 8.4rem 627px}.strip{zoom:1.5}}@media (width<=1100px){.station>a{grid-template-columns:minmax(8rem,1fr) auto auto auto}.strip{grid-column:1/-1}}@media (width<=820px){.brand{margin-right:auto}.sections{flex-basis:100%;order:3;gap:.15rem}.examples,.image-page{grid-template-columns:minmax(0,1fr)}.examples .looked{grid-template-columns:minmax(0,24rem) minmax(0,1fr);gap:0 1rem;display:grid}.examples .looked figcaption{grid-column:1/-1}.examples .looked dl{align-content:start;margin:0}.sticky{position:static}.image-page{display:block}.image-page>div{margin-top:1rem}.image-page .sticky{z-index:5;background:var(--page);border-bottom:1px solid var(--line);grid-template-columns:min(38vh,42vw) minmax(0,1fr);gap:0 .8rem;max-width:none;padding:.5rem 0;display:grid;position:sticky;top:7.2rem}.image-page .sticky>.whole{grid-row:1/span 4}.versus-pair,.layer-map,.covered-pair{grid-template-columns:minmax(0,1fr)}.class-page{columns:1}.map-look{order:-1;position:static}}@media (width<=560px){.fold{display:inline-flex}.hit:not(.hit-cards .hit){flex-wrap:wrap;gap:0 .7rem}.hit:not(.hit-cards .hit) bdi{white-space:normal}.hit:not(.hit-cards .hit) bdi:last-child:not(:nth-child(2)){max-width:none}:root{font-size:14.5px}h1{font-size:1.3rem}h1 .cut-name{-webkit-line-clamp:3;white-space:normal;overflow-wrap:anywhere;-webkit-box-orient:vertical;display:-webkit-box}.top{position:static}.image-page .sticky{top:0}.jump{flex:1;width:auto}.panels{gap:.8rem}.examples-bar,.looked{order:1}.examples .looked{display:block}.half .panels{grid-template-columns:auto}.sections a{padding:.25rem .2rem;font-size:min(1rem,3.7vw)}.nine{gap:2px}.station,.passed{padding-left:1.5rem}.map:before{left:.42rem}.station:before{left:.05rem}.station>a{grid-template-columns:minmax(0,1fr) auto;padding:.6rem .8rem}.station-told{text-align:left}.count{margin-left:0}.bar:not(.open) .filter{display:none}.joints li{grid-template-columns:34px minmax(0,1fr) 3rem 4.2rem}.joints.bare li{grid-template-columns:minmax(0,1fr) 3rem 4.2rem}.bars li{grid-template-columns:minmax(0,8rem) 1fr 4.2rem}.sheet{padding:.9rem}.passed .name{min-width:0}.rows-of li{grid-template-columns:minmax(0,1fr)}.settings .facts div{grid-template-columns:6.5rem minmax(0,1fr)}.answered li{grid-template-columns:minmax(0,1fr) 3rem}.answered .thumbs{grid-column:1/-1}.findings th[scope=row]{white-space:normal;overflow-wrap:normal;padding-right:.4rem}.findings td+td,.findings th+th{padding-left:.6rem}.stacked,.stacked tbody,.stacked tr,.stacked td{white-space:normal;display:block}.stacked thead{display:none}.stacked tr{border-bottom:1px solid var(--line);padding:.5rem 0}.findings .stacked td,.findings .stacked td+td{text-align:left;border:0;grid-template-columns:9rem minmax(0,1fr);gap:.6rem;padding:.1rem 0;display:grid}.stacked td:before{content:attr(data-head);color:var(--soft)}}@media (prefers-reduced-motion:reduce){*{scroll-behavior:auto!important;transition:none!important;animation:none!important}}@media print{:root{color-scheme:light;background:#fff}.top,.actions,.steps,.examples-bar,.toast,.modal,.versus{display:none!important}main{max-width:none;padding:0}:is(div,form).bar,.covered-told :is(label,.choice,input),.plot+input,.hint{display:none}.scroll{max-height:none;overflow:visible}.scroll table{width:100%;font-size:.78rem}.scroll :is(td,th){white-space:normal;overflow-wrap:normal}.covered-pair{grid-template-columns:minmax(0,20rem) minmax(0,1fr)}.histogram,.bar-track,.track,.tuning-track,.swatch,.glyph,.band,.no-figure,.sketch{-webkit-print-color-adjust:exact;print-color-adjust:exact}.virtual{flex-wrap:wrap;display:flex;height:auto!important}.virtual>li{break-inside:avoid;position:static!important}.panel{break-inside:avoid;border:0;padding:.3rem 0}.examples{grid-template-columns:minmax(0,2.4fr) minmax(0,1fr)}.examples .looked{display:block}.cell.active:after,.whole .field-halo,section:has(textarea:placeholder-shown){display:none}a{color:inherit;text-decoration:none}}.scroll.caused{max-height:none;padding:.2rem .4rem .6rem .2rem;position:relative}.caused-heads{height:1.6rem;color:var(--soft);font-size:.82rem;position:relative}.caused-heads span{text-overflow:ellipsis;white-space:nowrap;position:absolute;overflow:hidden}.caused-graph{position:relative}.caused-graph svg{position:absolute;inset:0;overflow:visible}.caused-graph path{fill:none;stroke:var(--accent-fill);opacity:.45}.caused-graph path.against{stroke:var(--negative)}.caused-graph [data-faint=true]{opacity:.12}.caused-graph ul{list-style:none}.caused-graph li{height:68px;padding:3px 0;transition:opacity .1s;position:absolute}.caused-graph li[data-faint=true]{opacity:.4}.caused-graph li>*{background:var(--panel);border:1px solid var(--line);height:100%;color:var(--ink);border-radius:8px;grid-template-columns:auto minmax(0,1fr);align-items:center;gap:.5rem;padding:2px;text-decoration:none;display:grid}.caused-graph a:hover{border-color:var(--accent-fill)}.caused-graph .told{min-width:0;font-size:.82rem;display:grid}.caused-graph .told b{text-overflow:ellipsis;white-space:nowrap;overflow:hidden}.caused-sums{margin-top:.6rem;font-size:.9rem}";
// src/widget.tsx
function ec(e) {
	let t = /* @__PURE__ */ new Map(), n = /* @__PURE__ */ new Map(), r = ho(), i = 0, a = (e, n) => {
		let r = t.get(e.id);
		r && (t.delete(e.id), e.error === void 0 ? n[0] ? r.resolve(URL.createObjectURL(new Blob([n[0]], { type: e.type ?? "" }))) : r.resolve(e.value) : r.reject(Error(e.error)));
	}, o = (n) => new Promise((a, o) => {
		i += 1;
		let s = `${r} ${i}`;
		t.set(s, {
			resolve: a,
			reject: o
		}), e.send({
			...n,
			id: s
		});
	});
	return e.on("msg:custom", a), {
		host: {
			kind: "notebook",
			readable: !0,
			more: () => Qs,
			load: (e, t) => o({
				address: e,
				atlas: t
			}),
			picture: (e, t) => {
				let r = `${t}\n${e}`, i = n.get(r) ?? o({
					picture: e,
					atlas: t
				});
				return n.set(r, i), i;
			}
		},
		close: () => {
			e.off("msg:custom", a);
			for (let e of n.values()) e.then(URL.revokeObjectURL, () => void 0);
		}
	};
}
var tc = { render({ model: e, el: t }) {
	t.dataset.lmSuppressShortcuts = "true";
	let n = t.attachShadow({ mode: "open" }), r = document.createElement("style");
	r.textContent = $s;
	let i = document.createElement("div");
	i.className = "convscope-box", i.tabIndex = -1, i.style.height = `${Number(e.get("height")) || 720}px`;
	let a = mo(document);
	a && (i.dataset.theme = a), Ze(i), n.append(r, i);
	let o = Dt(String(e.get("route") ?? "#/"));
	i.addEventListener("click", (e) => {
		let t = e.composedPath()[0].closest?.("a[href^=\"#/\"]");
		!t || e.ctrlKey || e.metaKey || e.shiftKey || (e.preventDefault(), o.go(t.getAttribute("href") ?? "#/"));
	});
	let { host: s, close: c } = ec(e);
	return ge(/* @__PURE__ */ F(co, {
		host: s,
		router: o,
		root: i
	}), i), () => {
		ge(null, i), c();
	};
} };
export { tc as default };
