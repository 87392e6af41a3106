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
	s && ((n = _({ constructor: d }, r)).__v = r.__v + 1, e.vnode && e.vnode(n), M(s, n, r, t.__n, s.namespaceURI, 32 & r.__u ? [i] : null, a, i || S(r), 32 & r.__u, o), n.__v = r.__v, n.__.__k[n.__i] = n, ie(a, n, o), r.__ = r.__e = null, n.__e != i && w(n));
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
	for (c = D(n, t, y, c, b), d = 0; d < b; d++) (h = n.__k[d]) != null && (m = ~h.__i && y[h.__i] || f, h.__i = d, v = M(e, h, m, i, a, o, s, c, l, u), g = h.__e, (m.ref != h.ref || 8 & m.__u) && (m.ref && N(m.ref, null, h, m), h.ref && u.push(h.ref, h.__c || g, h)), _ ||= g, 4 & h.__u ? (c = O(h, c, e, !m.__v), m.__e && (m.__e = null)) : typeof h.type == "function" && v !== void 0 ? c = v : g && (c = g.nextSibling), h.__u &= -21);
	return n.__e = _, c;
}
function D(e, t, n, r, i) {
	var a, o, s, c, l, u, f, p, m, g = n.length, _ = g, v = 0, x = 0, C = e.__k = Array(i);
	for (a = 0; a < i; a++) (o = t[a]) != null && typeof o != "boolean" && typeof o != "function" ? (typeof o != "object" || o.constructor === String ? o = C[a] = y(null, o) : h(o) ? o = C[a] = y(b, { children: o }) : o.constructor === d && o.__b ? o = C[a] = y(o.type, o.props, o.key, o.ref, o.__v) : C[a] = o, c = a + v, o.__ = e, o.__b = e.__b + 1, s = null, ~(l = o.__i = k(o, n, c, _)) && (_--, (s = n[l]) && (s.__u |= 2)), s && s.__v ? (o.__u |= 16, l == c - 1 ? v-- : l == c + 1 ? v++ : l != c && (l > c ? v-- : v++, x = 1)) : (~l || (i > g ? v-- : i < g && v++), typeof o.type != "function" && (o.__u |= 4))) : C[a] = null;
	if (x) {
		for (u = [], f = [], a = 0; a < i; a++) if ((o = C[a]) && 16 & o.__u) {
			for (v = 0, p = u.length; v < p;) u[m = v + p >> 1] < o.__i ? v = m + 1 : p = m;
			u[v] = o.__i, f[a] = v + 1;
		}
		for (v = u.length; a--;) f[a] && (f[a] == v ? v-- : C[a].__u |= 4);
	}
	if (_) for (a = 0; a < g; a++) !(s = n[a]) || 2 & s.__u || (s.__e == r && (r = S(s)), oe(s, s));
	return r;
}
function O(e, t, n, r) {
	var i, a, o, s;
	if (typeof e.type == "function") {
		if (e.props.__P) return t;
		if (i = e.__k) for (a = 0; a < i.length; a++) i[a] && (i[a].__ = e, t = O(i[a], t, n, !1));
		return t;
	}
	for (t && !t.parentNode && (t = S(e)) && !t.parentNode && (t = null), o = e.__e, s = t; s && s.nodeType == 8;) s = s.nextSibling;
	for (o != s && (!r && n.moveBefore && o.parentNode ? n.moveBefore(o, t) : n.insertBefore(o, t || null)), t = o; (t &&= t.nextSibling) && t.nodeType == 8 && !t.data.startsWith("$s"););
	return t;
}
function k(e, t, n, r) {
	var i, a = e.key, o = e.type, s = t[n], c = s && !(2 & s.__u);
	if (s === null && a == null || c && a == s.key && o == s.type) return n;
	if (r > +!!c) {
		for (i = n - 1; i >= 0; i--) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
		for (i = n + 1; i < t.length; i++) if ((s = t[i]) && !(2 & s.__u) && a == s.key && o == s.type) return i;
	}
	return -1;
}
function A(e, t, n) {
	n ??= "", t[0] == "-" ? e.setProperty(t, n) : e[t] = n;
}
function j(e, t, n, r, i) {
	var a, o;
	if (t == "style") {
		if (typeof n == "string") e.style.cssText = n;
		else {
			if (typeof r == "string" && (e.style.cssText = r = ""), r) for (t in r) n && t in n || A(e.style, t);
			if (n) for (t in n) r && n[t] == r[t] || A(e.style, t, n[t]);
		}
	} else if (t[0] == "o" && t[1] == "n") typeof n != "function" && (n = null), typeof r != "function" && (r = null), (e.__e ||= {})[t] = n, n && r || (o = l[t] || (l[t] = te(t)), (e.__a ||= {})[t] = c, a = t != (t = t.replace(s, "$1")), (t = t.slice(2))[0] < "a" && (t = t.toLowerCase()), n ? e.addEventListener(t, o, a) : e.removeEventListener(t, o, a));
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
function te(t) {
	return function(n) {
		var r = this.__e;
		if (r) {
			if (r = r[t], n[o] == null) n[o] = c++;
			else if (n[o] < this.__a[t]) return;
			return r(e.event ? e.event(n) : n);
		}
	};
}
function M(t, n, r, i, a, o, s, c, l, u) {
	var f, m, g, y, C, w, T, E, D, O, k, A, j, te, M, ie, N, P, F = n.type;
	if (n.constructor !== d) return null;
	128 & r.__u && (l = 32 & r.__u, f = r.__c.__z) && (n.__u |= l, m = o = [], f.nodeType == 8 ? c = ne(f, o) : o.push(f), c = o[0] || c), (f = e.__b) && f(n);
	n: if (typeof F == "function") {
		g = s.length;
		try {
			if (E = n.props, D = (f = F.prototype) && f.render, O = (f = F.contextType) && i[f.__c], k = f ? O ? O.props.value : f.__ : i, (y = r.__c) ? (n.__c = y, 2 & y.__g && (y.__g |= 1)) : (D ? n.__c = y = new F(E, k) : (n.__c = y = new x(E, k), y.constructor = F, y.render = se), O && O.sub(y), y.state || (y.state = {}), y.__n = i, y.__g |= 8, y.__h = [], y.__k = []), D && (y.__s || (y.__s = y.state), F.getDerivedStateFromProps && (y.__s == y.state && (y.__s = _({}, y.__s)), _(y.__s, F.getDerivedStateFromProps(E, y.__s)))), C = y.props, w = y.state, y.__v = n, r.__c) {
				if (E !== C && D && !F.getDerivedStateFromProps && y.componentWillReceiveProps && y.componentWillReceiveProps(E, k), n.__v == r.__v && !(8 & y.__g) || !(4 & y.__g) && y.shouldComponentUpdate && !1 === y.shouldComponentUpdate(E, y.__s, k)) {
					n.__v != r.__v && (y.props = E, y.state = y.__s, y.__g &= -9), n.__e = r.__e, n.__k = r.__k, n.__k.some(function(e) {
						e && (e.__ = n);
					}), p.push.apply(y.__h, y.__k), y.__k = [], y.__h.length && s.push(y), c = S(r);
					break n;
				}
				y.componentWillUpdate && y.componentWillUpdate(E, y.__s, k), D && y.componentDidUpdate && y.__h.push(function() {
					y.componentDidUpdate(C, w, T);
				});
			} else D && !F.getDerivedStateFromProps && y.componentWillMount && y.componentWillMount(), D && y.componentDidMount && y.__h.push(y.componentDidMount);
			y.context = k, y.props = E, y.__P = t, y.__g &= -5, A = e.__r, j = D ? 25 : 0;
			do
				y.__g &= -9, A && A(n), f = y.render(y.props, y.state = y.__s, y.context);
			while (8 & y.__g && ++j < 25);
			D && (p.push.apply(y.__h, y.__k), y.__k = []), y.state = y.__s, y.getChildContext && (i = _({}, i, y.getChildContext())), D && r.__c && y.getSnapshotBeforeUpdate && (T = y.getSnapshotBeforeUpdate(C, w)), te = f && f.type === b && f.key == null ? f.props.children : f, E.__P && (f = c, a = (t = E.__P).namespaceURI, l = o = null, r.props && r.props.__P != t && (r.__k.some(function(e) {
				e && oe(e, e);
			}), r.__k = null), c = r.__k ? S(r, 0) : null), c = ee(t, h(te) ? te : [te], n, r, i, a, o, s, c, l, u), E.__P && (n.__e = null, c = f), n.__u &= -161, m && m.some(v), y.__h.length && s.push(y), 1 & y.__g && (y.__g &= -4);
		} catch (t) {
			if (s.length = g, n.__v = null, l || o) {
				if (t && t.then) {
					if (n.__u |= 128 | l, o) {
						for (~(N = o.indexOf(c || void 0)) || (N = o.length); (P = o[N - 1]) && P.nodeType == 8;) N--;
						for (; N < o.length; N++) if (P = o[N]) {
							if (o[N] = null, M) {
								if (P == ie) break;
							} else {
								if (P.nodeType != 8) break;
								P.data.startsWith("$s") && (ie = ne(M = P));
							}
						}
					}
					if (!M) {
						for (; c && c.nodeType == 8 && c.nextSibling;) c = c.nextSibling;
						M = c;
					}
					(f = ne(M = n.__c.__z || (n.__c.__z = M))) ? (n.__e = M, c = f) : n.__e = c, c &&= c.nextSibling;
				} else o && o.some(v);
			} else n.__e = r.__e;
			n.__k ||= r.__k || [], t && t.then || re(n), e.__e(t, n, r);
		}
	} else c = n.__e = ae(r.__e, n, r, i, a, o, s, l, u, t);
	return (f = e.diffed) && f(n), c;
}
function ne(e, t) {
	if (e && e.nodeType == 8 && e.data.startsWith("$s")) for (var n = 1; e = e.nextSibling;) {
		if (e.nodeType == 8) {
			if (e.data.startsWith("$s")) n++;
			else if (e.data.startsWith("/$s") && !--n) return e;
		}
		t && t.push(e);
	}
}
function re(e) {
	e && (e.__c && (e.__c.__g |= 4), e.__k && e.__k.some(re));
}
function ie(t, n, r) {
	for (var i = 0; i < r.length;) N(r[i++], r[i++], r[i++]);
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
function ae(t, n, r, i, a, o, s, c, l, u) {
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
		for (d in T) b = T[d], d == "dangerouslySetInnerHTML" ? _ = b : d == "children" || d in E || d == "value" && "defaultValue" in E || d == "checked" && "defaultChecked" in E || j(t, d, null, b, a);
		for (d in E) b = E[d], d == "children" ? y = b : d == "dangerouslySetInnerHTML" ? p = b : d == "value" ? x = b : d == "checked" ? C = b : c && typeof b != "function" || T[d] === b || j(t, d, b, T[d], a);
		p ? (c || _ && (p.__html == _.__html || p.__html == t.innerHTML) || (t.innerHTML = p.__html), n.__k = []) : (_ && (t.textContent = ""), (D == "foreignObject" || a == "http://www.w3.org/1998/Math/MathML" && m.test(D)) && (a = "http://www.w3.org/1999/xhtml"), ee(u, h(y) ? y : [y], n, r, i, a, o, s, o ? o[0] : r.__k && S(r, 0), c, l), o && o.some(v)), c && D != "textarea" || (d = "value", D == "progress" && x == null ? t.removeAttribute(d) : x == null || x === t[d] && (D != "progress" || x) || j(t, d, x, T[d], a), d = "checked", C != null && C != t[d] && j(t, d, C, T[d], a));
	} else T === E || c && t.data == E || (t.data = E);
	return t;
}
function N(t, n, r, i) {
	try {
		typeof t == "function" ? n ? n.__x = t(n) || 1 : (i &&= i.__c || i.__e) && (n = i.__x) && (i.__x = null, typeof n == "function" ? n() : t(null)) : t.current = n;
	} catch (t) {
		e.__e(t, r);
	}
}
function oe(t, n, r) {
	var i, a, o, s;
	if (e.unmount && e.unmount(t), !(i = t.ref) || i.current && i.current != t.__e || N(i, null, n, t), i = t.__c) {
		if (i.componentWillUnmount) try {
			i.componentWillUnmount();
		} catch (t) {
			e.__e(t, n);
		}
		i.__P = i.__n = null;
	}
	if (i = t.__k) for (s = 0; s < i.length; s++) i[s] && oe(i[s], n, typeof t.type != "function" || r && !t.props.__P);
	!r && (i = t.__c) && (i = i.__z) && (a = ne(i, o = [])) && (i == t.__e && o.some(v), v(a), v(i)), r || v(t.__e), t.__e = t.__c = t.__ = null;
}
function se(e, t, n) {
	return this.constructor(e, n);
}
function P(t, n) {
	var r, i, a, o;
	e.__ && e.__(t, n), n.nodeType == 9 && (n = n.documentElement), i = (r = t && 32 & t.__u) ? null : n.__k, n.__k = y(b, { children: [t] }), a = [], o = [], M(n, n.__k, i || f, f, n.namespaceURI, i ? null : n.firstChild ? g.call(n.childNodes) : null, a, i ? i.__e : n.firstChild, r, o), ie(a, n.__k, o), n.__k.props.children = null;
}
function F(e) {
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
// src/notebook.ts
function ce(e) {
	let { body: t, documentElement: n } = e, r = t.dataset.jpThemeLight;
	if (r !== void 0) return r === "false" ? "dark" : "light";
	let i = n.getAttribute("theme") ?? t.dataset.vscodeThemeKind ?? "";
	return /dark/.test(i) ? "dark" : /light/.test(i) ? "light" : null;
}
function le() {
	return [...crypto.getRandomValues(/* @__PURE__ */ new Uint8Array(12))].map((e) => e.toString(16).padStart(2, "0")).join("");
}
// src/style.css?inline
var ue = ":root,.convscope-box{color-scheme:light dark;--page:light-dark(#fbfbfa,#131416);--panel:light-dark(#fff,#1b1d20);--sunk:light-dark(#f1f1ef,#232529);--line:light-dark(#e1e1de,#33363b);--ink:light-dark(#1b1c1e,#ececea);--soft:light-dark(#5b5e63,#a5a8ad);--accent:light-dark(#0a5c8a,#6fc1ee);--accent-fill:light-dark(#0f74ad,#4aa9de);--accent-soft:light-dark(#e3f0f8,#17303f);--negative:light-dark(#b3471d,#f0935f);--warn:light-dark(#fff6e0,#332a14);--grey:gray;--mark:#ffd34d;--star:light-dark(#9a6a00,#ffd34d);--s0:light-dark(#0f74ad,#4aa9de);--s1:light-dark(#b3471d,#f0935f);--s2:light-dark(#2a7f3f,#6cc98a);--s3:light-dark(#8a3f9e,#cf8fe0);--s4:light-dark(#7d6a00,#d6c24d);--s5:light-dark(#c2185b,#f48fb1);--s6:light-dark(#00757d,#4dd0c8);--s7:light-dark(#5b5e63,#a5a8ad);--mono:ui-monospace, \"SF Mono\", \"Cascadia Mono\", Menlo, Consolas, \"DejaVu Sans Mono\", monospace;background:var(--page);color:var(--ink);-webkit-text-size-adjust:100%;overflow-wrap:anywhere;scroll-padding-top:8rem;font:15px/1.5 system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Liberation Sans,sans-serif}[data-theme=light]{color-scheme:light}[data-theme=dark]{color-scheme:dark}*,:before,:after{box-sizing:border-box}body{margin:0}.convscope-box{border:1px solid var(--line);border-radius:8px;outline:none;position:relative;overflow:auto}#app,.convscope-box{min-width:0}h1,h2,h3,p,dl,dd,ul,ol,figure{margin:0;padding:0}h1{letter-spacing:-.012em;overflow-wrap:anywhere;font-size:1.6rem;font-weight:650;line-height:1.25}h2{font-size:1rem;font-weight:640}h3{font-size:.86rem;font-weight:600}a{color:var(--accent);text-underline-offset:2px;text-decoration-thickness:1px}.lead{color:var(--soft);max-width:110ch;margin-top:.2rem;font-size:1.02rem}.quiet,.note,small,.op,.hint{color:var(--soft)}.note{max-width:72ch;margin:.1rem 0 .7rem;font-size:.84rem}small{font-size:.8rem;line-height:1.3;display:block}.op{font-size:.84rem}.number,output,.figure{font-variant-numeric:tabular-nums;white-space:nowrap}code,kbd{font-family:var(--mono);font-size:.88em}code{background:var(--sunk);overflow-wrap:anywhere;border-radius:4px;padding:.05em .3em}.hash{background:0 0;padding:0}kbd{border:1px solid var(--line);background:var(--sunk);white-space:nowrap;border-bottom-width:2px;border-radius:5px;padding:.1em .45em}.name{overflow-wrap:anywhere}.cut-name{text-overflow:ellipsis;white-space:nowrap;vertical-align:bottom;max-width:100%;display:inline-block;overflow:hidden}h1 .cut-name{max-width:min(100%,40ch)}.prose{white-space:pre-line;overflow-wrap:anywhere;max-width:72ch;margin:.6rem 0}.heard{clip-path:inset(50%);white-space:nowrap;width:1px;height:1px;position:absolute;overflow:hidden}.skip{position:absolute;left:-99rem}.skip:focus{z-index:60;background:var(--panel);padding:.4rem .8rem;top:.5rem;left:1rem}:focus-visible{outline:2px solid var(--accent-fill);outline-offset:2px;border-radius:3px}main:focus{outline:none}button,.button,input,select{font:inherit;color:inherit}button,.button{background:var(--panel);border:1px solid var(--line);cursor:pointer;color:var(--ink);border-radius:7px;align-items:center;min-height:2.1rem;padding:.28rem .75rem;text-decoration:none;display:inline-flex}button:hover,.button:hover{border-color:var(--soft)}button:disabled{opacity:.45;cursor:default}input,select{background:var(--panel);border:1px solid var(--line);border-radius:7px;max-width:100%;min-height:2.1rem;padding:.28rem .6rem}input[type=range]{min-height:0;accent-color:var(--accent-fill);border:0;padding:0}input::placeholder{color:var(--soft);opacity:1}.icon{justify-content:center;width:2.1rem;min-width:2.1rem;padding:0}.icon svg{fill:none;stroke:currentColor;stroke-width:2px;width:1.1rem;height:1.1rem}.icon .shaded{fill:currentColor;stroke:none}.choice{border:1px solid var(--line);background:var(--sunk);border-radius:8px;gap:2px;padding:2px;display:inline-flex}.choice button{min-height:1.75rem;color:var(--soft);white-space:nowrap;background:0 0;border:0;border-radius:6px;padding:.1rem .65rem}.choice button[aria-pressed=true]{background:var(--panel);color:var(--ink);box-shadow:0 0 0 1px var(--line)}.top{border-bottom:1px solid var(--line);background:var(--page);z-index:20;flex-wrap:wrap;align-items:center;gap:.5rem .9rem;padding:.55rem max(clamp(.8rem,3vw,2rem),50% - 900px + 2rem);display:flex;position:sticky;top:0}.brand{color:var(--ink);letter-spacing:-.01em;align-items:center;gap:.5rem;font-weight:680;text-decoration:none;display:inline-flex}.brand svg{fill:none;width:1.35rem;height:1.35rem;stroke:var(--accent-fill);stroke-width:2px}.brand circle{fill:var(--accent-fill);stroke:none}.sections{flex:1;gap:.2rem;min-width:0;display:flex}.sections a{white-space:nowrap;color:var(--soft);border-radius:6px;padding:.25rem .6rem;text-decoration:none}.sections a:hover{color:var(--ink);background:var(--sunk)}.sections a[aria-current]{color:var(--ink);font-weight:600}.jump{width:13rem;color:var(--soft);justify-content:space-between}.jump kbd{font-size:.78rem}.trail{min-width:0;color:var(--soft);flex-basis:100%;gap:.45rem;font-size:.88rem;display:flex}.trail>*{min-width:0}.trail>*+:before{content:\"›\";color:var(--soft);margin-right:.45rem;text-decoration:none;display:inline-block}.trail>:is(a,span){align-items:baseline;max-width:40ch;text-decoration:none;display:inline-flex}.trail a:hover .name{text-decoration:underline}main{outline:none;max-width:1800px;margin:0 auto;padding:1.4rem clamp(.8rem,3vw,2rem) 4rem}.page-head{justify-content:space-between;align-items:flex-start;gap:1rem;margin-bottom:.9rem;display:flex}.page-head>div:first-child{min-width:0}.steps{flex:none;gap:.4rem;display:flex}.steps a{border:1px solid var(--line);background:var(--panel);width:2.3rem;height:2.3rem;color:var(--ink);border-radius:8px;place-items:center;text-decoration:none;display:grid}.steps a:hover{border-color:var(--soft)}.panel{background:var(--panel);border:1px solid var(--line);border-radius:10px;min-width:0;padding:.95rem 1.1rem 1.1rem}.panel>h2+:not(.note){margin-top:.6rem}.warning{background:var(--warn);margin:1rem 0}.warning ul{margin-top:.4rem;padding-left:1.2rem}.cards{grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr));gap:1rem;margin-top:1.6rem;display:grid}.facts{gap:.45rem;font-size:.92rem;display:grid}.facts div{grid-template-columns:6.5rem minmax(0,1fr);gap:.6rem;display:grid}dt{color:var(--soft)}dd{overflow-wrap:anywhere;min-width:0}.empty,.problem{text-align:center;color:var(--soft);border:1px dashed var(--line);border-radius:10px;margin-top:1rem;padding:2.5rem 1rem}.problem{border:0;max-width:60ch;margin:3rem auto}.problem h1{color:var(--ink)}.problem .lead{overflow-wrap:anywhere;margin:.6rem auto 1rem}.loading{padding:2rem 0}.chips{flex-wrap:wrap;gap:.4rem;display:flex}.chip{border:1px solid var(--line);background:var(--sunk);border-radius:99px;max-width:100%;padding:.15rem .75rem;text-decoration:none}.chip[aria-pressed=true]{border-color:var(--accent-fill);background:var(--accent-soft)}details>summary{cursor:pointer}.toast{background:var(--ink);color:var(--page);z-index:60;overflow-wrap:anywhere;opacity:0;pointer-events:none;border-radius:8px;max-width:min(90vw,60ch);padding:.5rem 1rem;transition:opacity .15s;position:fixed;bottom:1.4rem;left:50%;translate:-50%}.toast[data-shown=true]{opacity:1}.tile{background-color:var(--grey);-webkit-print-color-adjust:exact;print-color-adjust:exact;background-repeat:no-repeat;flex:none;display:block;box-shadow:inset 0 0 0 1px #8883}.tile.projection{filter:var(--boost,none)}.sharp,.cut.sharp image{image-rendering:pixelated}.tile.none{background:repeating-linear-gradient(45deg, var(--sunk) 0 4px, var(--line) 4px 5px);width:32px;height:32px}.pair{justify-content:center;align-items:center;gap:3px;display:flex}.caption{font-variant-numeric:tabular-nums;justify-content:space-between;gap:.4rem;min-width:0;font-size:.8rem;line-height:1.3;display:flex}.caption b{text-overflow:ellipsis;white-space:nowrap;min-width:0;font-weight:600;overflow:hidden}.caption span{color:var(--soft);white-space:nowrap}.called{text-align:left;width:0;min-width:100%;color:var(--soft);line-height:1.25}.called .name{white-space:normal;overflow-wrap:anywhere}.whole,.cut{background:var(--sunk);width:100%;display:block}.whole .beyond,.cut .beyond{fill:var(--grey)}.whole .missing{fill:var(--sunk)}.whole .shade{fill:#000;opacity:.38}.whole .field,.whole .field-halo{fill:none;stroke:var(--mark);stroke-width:2px;vector-effect:non-scaling-stroke}.whole .part{fill:none;stroke:#fff;stroke-width:1.5px;stroke-dasharray:4 3;vector-effect:non-scaling-stroke}.whole .field-halo{stroke:#000;stroke-width:4px;opacity:.55}.map-head{flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.6rem;margin:1.6rem 0 .7rem;display:flex}.map{gap:.45rem;list-style:none;display:grid;position:relative}.map:before{content:\"\";background:var(--line);width:2px;position:absolute;top:1rem;bottom:1rem;left:1.05rem}.station{min-width:0;padding-left:2.3rem;position:relative}.station:before{content:\"\";background:var(--page);border:3px solid var(--accent-fill);border-radius:50%;width:.85rem;height:.85rem;margin-top:-.43rem;position:absolute;top:50%;left:.66rem}.station>a{background:var(--panel);border:1px solid var(--line);color:var(--ink);border-radius:10px;grid-template-columns:minmax(9rem,1fr) 8.2rem 8rem 8.4rem 418px;align-items:center;gap:.4rem 1.1rem;padding:.6rem 1rem;text-decoration:none;display:grid}.station>a:hover,.station.current>a{border-color:var(--accent-fill)}.station.current>a{box-shadow:0 0 0 1px var(--accent-fill)}.station-name{min-width:0;display:grid}.station-name b{min-width:0;font-weight:620}.station-field{font-variant-numeric:tabular-nums;align-items:center;gap:.6rem;display:flex}.station-told{text-align:right;font-variant-numeric:tabular-nums;color:var(--soft);display:grid}.station-told>*{font-size:.88rem}.station-told small{white-space:nowrap}.station-told .some{color:var(--negative);font-weight:600}.caution{border-left:3px solid var(--negative);max-width:60rem;margin:.4rem 0;padding-left:.7rem}.glyph{flex:none;width:34px;height:34px}.glyph .frame{fill:var(--sunk);stroke:var(--line)}.glyph .filled{fill:var(--accent-fill);opacity:.75}.strip{gap:2px;display:grid;overflow:hidden}.strip>span{gap:2px;display:flex}.passed{color:var(--soft);padding-left:2.3rem;font-size:.85rem;position:relative}.passed ul{gap:.2rem;padding:.5rem 0 .5rem 1rem;list-style:none;display:grid}.passed li{flex-wrap:wrap;gap:.2rem 1rem;display:flex}.passed .name{min-width:16rem}.bar{border-block:1px solid var(--line);flex-wrap:wrap;align-items:center;gap:.6rem .9rem;margin-bottom:.7rem;padding:.7rem 0;font-size:.9rem;display:flex}.contrast{color:var(--soft);align-items:center;gap:.45rem;font-size:.9rem;display:inline-flex}.bar label,.range{color:var(--soft);white-space:nowrap;align-items:center;gap:.45rem;max-width:100%;display:inline-flex}.bar select{min-width:0;max-width:15rem}select{text-overflow:ellipsis}.bar .classes{width:11rem}.bar :is(input,select){color:var(--ink)}.fold{display:none}.range{flex-wrap:wrap}.range>span{white-space:nowrap}.bar .few{width:5.6rem}.bar .find{width:11rem}.count{white-space:nowrap;margin-left:auto;font-weight:600}.virtual{margin-inline:-7px;list-style:none;position:relative}.layer-map .virtual{margin-inline:0}.virtual>li{position:absolute}.unit{color:var(--ink);background:0 0;border:1px solid #0000;border-radius:8px;align-content:start;gap:.2rem;width:100%;height:100%;min-height:0;padding:5px 6px 4px;text-decoration:none;display:grid}button.unit{align-items:start;display:grid}.unit .pair{min-height:0}.unit:hover{background:var(--panel);border-color:var(--line)}.virtual>.current .unit{background:var(--accent-soft);border-color:var(--accent-fill)}.unit.dead{color:var(--soft)}.unit:focus-visible{outline-offset:-1px;border-radius:8px}.thumb img{aspect-ratio:1;object-fit:cover;background:var(--grey);border-radius:4px;width:100%;height:auto}.thumb small{min-width:0;overflow:hidden}.unit-name{font-size:1.1rem;font-weight:600}.stack{align-content:start;gap:1rem;min-width:0;display:grid}.stats{flex-wrap:wrap;gap:.4rem 2rem;margin-bottom:1.1rem;display:flex}.stats div{align-items:baseline;gap:.5rem;display:flex}.stats dt{font-size:.85rem}.stats dd{font-variant-numeric:tabular-nums;font-weight:640}.examples{grid-template-columns:minmax(0,1fr) minmax(0,19rem);align-items:start;gap:.8rem 2rem;display:grid}.examples-bar{flex-wrap:wrap;grid-column:1/-1;align-items:center;gap:.5rem 1rem;display:flex}.how{flex-basis:100%;font-size:.88rem}.how summary{color:var(--accent)}.how dl{gap:.4rem;max-width:76ch;margin:.6rem 0 .3rem;display:grid}.how dl div{grid-template-columns:8.5rem minmax(0,1fr);gap:.6rem;display:grid}.small{font-size:.88rem}.panel>.caution,.panel>.note:last-child{margin:.7rem 0 0}.hint{font-size:.84rem}@media (hover:hover){.touch-only{display:none}}.panels{gap:1.4rem;min-width:0;display:grid}.panels-2{grid-template-columns:repeat(2,minmax(0,1fr))}figcaption{color:var(--soft);margin-bottom:.4rem;font-size:.84rem}.nine{justify-content:start;gap:4px;display:grid}.cell{cursor:zoom-in;background:0 0;border:0;border-radius:0;min-height:0;padding:0;display:block;position:relative}.cell.active:after{content:\"\";border:2px solid var(--mark);pointer-events:none;position:absolute;inset:-2px;box-shadow:0 0 0 1px #000,inset 0 0 0 1px #0008}.cell:focus-visible{outline-offset:1px;z-index:2}.looked{min-width:0}.looked dl{gap:.15rem;margin-top:.6rem;font-size:.9rem;display:grid}.looked dl div{grid-template-columns:5.2rem minmax(0,1fr);gap:.5rem;display:grid}.actions{flex-wrap:wrap;gap:.5rem;margin:1.3rem 0 1.4rem;display:flex}.details{grid-template-columns:repeat(auto-fit,minmax(min(100%,max(25rem,32%)),1fr));align-items:start;gap:1rem;display:grid}.wide>.note{max-width:none}:is(h1,.lead)+.bar{margin-top:.9rem}.details .wide{grid-column:1/-1}.histogram{width:100%;height:auto;display:block;overflow:visible}.histogram .bar{fill:var(--accent-fill);opacity:.75}.histogram a .reach{fill:#0000}.histogram a:hover .bar{opacity:1}.band.here{outline:2px solid var(--mark);outline-offset:6px;border-radius:4px}.histogram .axis{stroke:var(--line)}.histogram .mark{fill:var(--negative)}.histogram text{fill:var(--soft);font-size:14px}.bars,.joints{gap:.35rem;font-size:.9rem;list-style:none;display:grid}.bars li{grid-template-columns:minmax(0,10rem) 1fr 4.4rem;align-items:center;gap:.7rem;display:grid}.joints li{grid-template-columns:34px minmax(0,12rem) minmax(3.4rem,1fr) 4.4rem;align-items:center;gap:.7rem;display:grid}.joints.bare li{grid-template-columns:minmax(0,1fr) 3.4rem 4.4rem}.joint-name,.joint-name a{white-space:nowrap;min-width:0;display:flex}.joint-name span{text-overflow:ellipsis;white-space:nowrap;overflow:hidden}.bars .number,.joints .number{text-align:right}.tuning{gap:.35rem;font-size:.9rem;list-style:none;display:grid}.tuning li{grid-template-columns:minmax(0,9rem) 1fr 3rem;align-items:center;gap:.7rem;display:grid}.tuning .differs{font-weight:600}.tuning .number{text-align:right;white-space:nowrap}.tuning-track{background:var(--sunk);border-radius:3px;height:.8rem;position:relative}.tuning-track i{position:absolute;top:0;bottom:0}.tuning-track .middle{background:var(--line);border-radius:3px}.tuning-track .interval{background:var(--ink);top:calc(50% - 1px);bottom:calc(50% - 1px)}.tuning-track .dot{background:var(--accent-fill);border-radius:50%;width:.6rem;height:.6rem;margin-left:-.3rem;top:.1rem}.bar-name{text-overflow:ellipsis;white-space:nowrap;min-width:0;overflow:hidden}.bar-name .verdict{text-overflow:ellipsis;display:block;overflow:hidden}.bar-track{background:var(--sunk);border-radius:3px;height:.6rem;overflow:hidden}.bar-track>span{background:var(--accent-fill);height:100%;display:block}.bar-track.negative>span{background:var(--negative)}.tiles{flex-wrap:wrap;gap:.7rem;list-style:none;display:flex}.tiles li{position:relative}.tiles li>a:first-child{color:var(--ink);border-radius:4px;gap:.15rem;text-decoration:none;display:grid}.tiles li>a:first-child:hover .caption b{text-decoration:underline}.versus{color:#fff;opacity:0;background:#000b;padding:0 .35rem;font-size:.8rem;text-decoration:none;position:absolute;top:0;right:0}.versus svg{fill:none;stroke:currentColor;stroke-width:1.6px;width:.95rem;height:.95rem;display:block}button.versus{border:0;border-radius:0;min-height:1.4rem}.versus[aria-pressed=true]{opacity:1;background:var(--mark);color:#000}@media (hover:none){.hover-only{display:none}.versus{opacity:1;justify-content:center;min-width:1.9rem;min-height:1.9rem}}.tiles li:hover .versus,.versus:focus-visible{opacity:1}.bands{grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:1rem 1.6rem;display:grid}.band-row{gap:.5rem;min-height:5.4rem;margin-top:.35rem;display:flex}.band-row .quiet{font-size:.85rem}.band-row a{width:72px;color:var(--soft);align-content:start;gap:.1rem;font-size:.8rem;text-decoration:none;display:grid}.channels-panel{margin-block:1.4rem}.channels{flex-wrap:wrap;gap:.5rem;margin:0;padding:0;list-style:none;display:flex}.plain-button{cursor:pointer;background:0 0;border:0;justify-items:center;gap:3px;min-height:0;padding:0;display:grid}.plain-button .number{color:var(--soft);font-size:.8rem}.control{flex-wrap:wrap;align-items:flex-end;gap:1rem;display:flex}.control figcaption{margin:.3rem 0 0}.control p{align-self:center;max-width:12rem;font-size:.85rem;display:grid}.figure{font-size:1.7rem;font-weight:640;line-height:1.1}.plain{gap:.3rem;list-style:none;display:grid}.star{color:var(--star)}.icon.star{width:2.3rem;height:2.3rem;color:var(--soft);border-radius:8px;font-size:1.15rem}.icon.star.on{color:var(--star);border-color:var(--star)}.caption .star{color:var(--star);margin-left:.25rem}.toggle[aria-pressed=true]{background:var(--accent-soft);border-color:var(--accent-fill)}textarea{font:inherit;color:inherit;background:var(--page);border:1px solid var(--line);resize:vertical;border-radius:7px;width:100%;padding:.4rem .6rem}textarea::placeholder{color:var(--soft);opacity:1}.missing-picture{grid-column:1/-1;margin:0}.nine .whole{cursor:inherit}.whole text{fill:var(--soft)}.source{padding:.6rem clamp(.8rem,3vw,2rem) 1rem;font-size:.88rem}:is(.marked,.beside){margin-top:1.6rem}.marked .tiles li{max-width:9.5rem}.marked .actions{margin:.9rem 0 0}label.button:focus-within{outline:2px solid var(--accent-fill);outline-offset:2px}.spread{cursor:crosshair;touch-action:none;border-radius:4px;flex:none;overflow:hidden}.spread .ground{fill:var(--sunk)}.spread .bar{fill:var(--accent-fill);opacity:.8}.spread .bar.out{fill:var(--soft);opacity:.3}.layer-map{grid-template-columns:minmax(0,1fr) 16.5rem;align-items:start;gap:1.4rem;display:grid}.map-look{gap:.7rem;display:grid;position:sticky;top:6.6rem}.map-pair{flex-wrap:wrap;gap:4px;display:flex}.unit.mini{border:0;border-radius:0;padding:0}.virtual>.current .mini{box-shadow:0 0 0 2px var(--mark), 0 0 0 3px #000;z-index:1;background:0 0;position:relative}.modal{z-index:50;background:#0009;place-items:center;padding:1rem;display:grid;position:fixed;inset:0;overflow:auto}.sheet{background:var(--panel);border:1px solid var(--line);border-radius:12px;min-width:0;max-width:min(100%,1250px);max-height:94vh;padding:1.2rem 1.4rem 1.4rem;position:relative;overflow:auto}.share{justify-items:start;gap:.5rem;display:grid}.share h3{margin-top:.8rem}.share pre{background:var(--sunk);font:.88rem/1.45 var(--mono);white-space:pre-wrap;overflow-wrap:anywhere;border-radius:7px;justify-self:stretch;margin:0;padding:.6rem .8rem}.sheet>.close{position:absolute;top:.8rem;right:.8rem}.close{font-size:1.2rem;line-height:1}.narrow{max-width:34rem}.narrow ul{gap:.4rem;margin-top:.6rem;padding-left:1.2rem;display:grid}.narrow p{margin-top:.6rem}.help .columns{grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1.2rem 2.2rem;margin-top:.8rem;display:grid}.help dl{gap:.35rem;margin-top:.4rem;display:grid}.help dl div{grid-template-columns:8.2rem 1fr;align-items:baseline;gap:.4rem;display:grid}.help dt{color:var(--ink)}.help{width:min(100%,62rem)}.lightbox{grid-template-rows:auto minmax(0,1fr) auto;padding:.8rem 1rem;display:grid}.lightbox-bar{flex-wrap:wrap;align-items:center;gap:.6rem 1rem;display:flex}.lightbox-bar .close{margin-left:auto}.slider{color:var(--soft);align-items:center;gap:.5rem;font-size:.88rem;display:inline-flex}.zoom{align-items:center;gap:.4rem;display:inline-flex}.zoom output{text-align:center;min-width:3.4rem}.stage{max-height:calc(94vh - 9.5rem);margin:.8rem 0;overflow:auto}.stage>*{cursor:zoom-in}.stage.zoomed>*{cursor:grab;touch-action:none}.large-pair{justify-content:safe center;gap:6px;display:flex}.overlay{width:fit-content;margin:0 auto;position:relative}.overlay .over{position:absolute;inset:0}.large-whole{margin:0 auto}.lightbox-foot{justify-content:space-between;align-items:center;gap:1rem;min-width:0;display:flex}.lightbox-foot p{text-align:center;min-width:0;font-size:.92rem}.lightbox-foot .cut-name{max-width:22ch}.high{align-items:start;padding-top:min(12vh,7rem)}.search{grid-template-rows:auto minmax(0,1fr);width:min(100%,44rem);max-height:80vh;padding:.9rem;display:grid;overflow:hidden}.search>input{width:100%;min-height:2.6rem;font-size:1.05rem}.search>p{margin-top:.6rem;font-size:.84rem}.hits{min-height:0;overflow:auto}.hits h3{color:var(--soft);margin:.8rem 0 .25rem}.hit{color:var(--ink);border-radius:6px;align-items:center;gap:.7rem;min-width:0;padding:.25rem .4rem;text-decoration:none;display:flex}.hit[aria-selected=true]{background:var(--accent-soft);box-shadow:inset 0 0 0 1px var(--accent-fill)}.hit:hover{background:var(--sunk)}.hit bdi{text-overflow:ellipsis;white-space:nowrap;min-width:0;overflow:hidden}.hit bdi:last-child:not(:nth-child(2)){max-width:50%;margin-left:auto;font-size:.86rem}.hit-cards{grid-template-columns:repeat(auto-fill,minmax(8.4rem,1fr));display:grid}.hit-cards h3{grid-column:1/-1}.hit-cards .hit{align-content:start;gap:0;padding:.35rem;font-size:.84rem;display:grid}.hit-cards .hit bdi{white-space:normal;overflow-wrap:anywhere;line-height:1.25}.hit-cards .hit bdi:last-child:not(:nth-child(2)){max-width:none;margin:0}.hit-picture{flex:none;gap:3px;width:91px;display:flex}.class-page{columns:2;column-gap:1rem;margin-top:1.2rem}.class-page>.panel{break-inside:avoid;margin-bottom:1rem}.class-page>.wide{column-span:all}.thumbs{flex-wrap:wrap;gap:4px;list-style:none;display:flex}.thumbs a{display:block}.class-list{margin-top:1rem;list-style:none}.class-list .chip{align-items:center;gap:.5rem;display:flex}.class-list small{display:inline}.cut-tile{flex:none}.laid{filter:var(--boost,none)}.beside-note{flex-wrap:wrap;justify-content:space-between;align-items:center;gap:.4rem 1rem;display:flex}.beside-note .note{margin:0}.small-image{object-fit:cover;background:var(--grey);display:block}.more{margin-top:.6rem;font-size:.9rem}.pair-link{gap:.3rem;width:fit-content;display:grid}.logit{align-items:baseline;gap:.4rem}.chip .logit small,.rows-of .logit small,td .logit small{display:inline}.image-page{grid-template-columns:minmax(0,clamp(18rem,24vw,28rem)) minmax(0,1fr);align-items:start;gap:1.4rem 2rem;display:grid}.image-page>div{gap:1rem;display:grid}.sticky{position:sticky;top:6.6rem}.looked figcaption+*{margin-top:0}.sticky figcaption{min-height:1.4em;margin:.5rem 0 0}.path{font-size:.84rem}.image-page details{margin-top:.8rem;font-size:.9rem}.image-page details ul{margin-top:.6rem}.versus-pair{grid-template-columns:repeat(2,minmax(0,1fr));align-items:start;gap:1rem;margin-top:.8rem;display:grid}.measure{font-size:.84rem}.half .panels{grid-template-columns:auto auto;justify-content:start;margin:-3px;padding:3px;overflow-x:auto}.half .note{margin-top:.5rem}.half h2{min-width:0}.compare-bar input{width:min(100%,18rem)}.experiments{grid-template-columns:repeat(auto-fill,minmax(min(100%,17rem),1fr));gap:1rem;margin-top:1.2rem;list-style:none;display:grid}.experiments a{border:1px solid var(--line);background:var(--panel);color:var(--ink);overflow-wrap:anywhere;border-radius:10px;align-content:start;gap:.25rem;min-width:0;height:100%;padding:.8rem;text-decoration:none;display:grid}.experiments a:hover{border-color:var(--accent-fill)}.experiments img,.no-figure{object-fit:contain;background:#fff;border-radius:6px;width:100%;height:9.5rem;margin-bottom:.3rem;display:block}.no-figure{background:var(--sunk);color:var(--soft);padding:.5rem .8rem;overflow:hidden}.no-figure>span{border-bottom:1px solid var(--line);white-space:nowrap;grid-auto-columns:minmax(0,1fr);grid-auto-flow:column;gap:.8rem;padding:.3rem 0;font-size:.8rem;display:grid}.no-figure>span:first-child{font-weight:600}.no-figure bdi{text-overflow:ellipsis;overflow:hidden}.findings{grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));align-items:start;gap:1rem;margin-top:1rem;display:grid}.findings .result{margin:0}.findings .wide{grid-column:1/-1}.cards.settings{align-items:start}.settings .facts{grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));column-gap:2rem}.settings .facts div{grid-template-columns:12rem minmax(0,1fr);align-items:baseline}.settings .facts dt{overflow-wrap:anywhere}.findings table{width:100%}.findings .how{margin-top:.7rem}.findings th+th,.findings td+td{padding-left:1.2rem}.findings .actions{margin:.9rem 0 0}.clamp{-webkit-line-clamp:3;-webkit-box-orient:vertical;font-size:.88rem;display:-webkit-box;overflow:hidden}.result{margin:1rem 0}.result img{border:1px solid var(--line);background:#fff;border-radius:8px;max-width:100%}.scroll{max-height:27rem;overflow:auto}.scroll.all{max-height:none}.scroll th{background:var(--panel);position:sticky;top:0}.scroll tbody tr:hover td{background:var(--sunk)}table{border-collapse:separate;border-spacing:0;min-width:min(100%,24rem);font-size:.9rem}th,td{text-align:left;border-bottom:1px solid var(--line);white-space:nowrap;padding:.3rem .9rem .3rem 0}th{color:var(--soft);font-weight:600}th.number,td.number{text-align:right;padding:.3rem 0 .3rem .9rem}.s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}.s6{--c:var(--s6)}.s7{--c:var(--s7)}.charts{grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));align-items:start;gap:1rem;margin-top:1rem;display:grid}.charts.many{grid-template-columns:repeat(auto-fit,minmax(min(100%,23rem),1fr))}.plot{cursor:crosshair;touch-action:pan-y;width:100%;display:block}.plot text{fill:var(--soft);font-size:12px}.plot .axis{stroke:var(--line)}.plot .here{stroke:var(--soft);stroke-dasharray:2 3}.curve{fill:none;stroke:var(--c);stroke-width:2px;vector-effect:non-scaling-stroke}.compared .curve{stroke-dasharray:5 4;stroke-width:1.5px}.spread-of{fill:var(--c);opacity:.16}.plot circle{fill:var(--c)}.plot .looked-at circle{stroke:var(--ink);stroke-width:2px}.plot+input{width:calc(100% - 40px);margin:.2rem 0 0 36px}.legend{flex-wrap:wrap;gap:.25rem 1.1rem;margin-top:.5rem;font-size:.88rem;display:flex}.legend small{display:inline}.swatch{background:var(--c);vertical-align:-1px;border-radius:3px;width:.8rem;height:.8rem;display:inline-block}.compared .swatch{border:2px dashed var(--c);background:0 0}.rows-of{gap:.5rem;font-size:.9rem;list-style:none;display:grid}.rows-of li{grid-template-columns:minmax(0,max(12rem,26%)) minmax(0,1fr);align-items:center;gap:.2rem .8rem;display:grid}.rows-of li>div>div{grid-template-columns:minmax(3rem,1fr) 10.5rem;align-items:center;gap:.7rem;display:grid}.chart{container:chart/inline-size}@container chart (width<=31rem){.rows-of li{grid-template-columns:minmax(0,1fr)}}.rows-of small{white-space:nowrap;display:inline}.rows-of li .number{white-space:normal}.track{background:var(--sunk);border-radius:3px;height:.8rem;margin-inline:.3rem;position:relative}.track i{position:absolute;top:0;bottom:0}.track .zero{border-left:1px solid var(--soft)}.track .interval{background:var(--c);top:calc(50% - 1px);bottom:calc(50% - 1px)}.track .dot{background:var(--c);border-radius:50%;width:.6rem;height:.6rem;margin-left:-.3rem;top:.1rem}.compared .track .dot{background:var(--panel);border:2px solid var(--c)}.sketch{background:var(--sunk);border-radius:6px;width:100%;height:9.5rem;margin-bottom:.3rem;display:block}.sketch circle{fill:var(--c)}.sketch.bars-of .curve{stroke-width:7px}.sketch.dots .curve{stroke-width:6px;stroke-linecap:round}.findings details{margin-top:.4rem}.epochs,.masks{margin-top:1rem}.epochs .epoch{flex:1;min-width:min(100%,16rem)}.epochs .epoch input{flex:1}.epochs output{min-width:2.4rem;color:var(--ink);font-weight:640}.epochs .cut{background:var(--grey)}.followed ol{gap:.7rem;margin:.5rem -4px 0;padding:4px 4px .6rem;list-style:none;display:flex;overflow-x:auto}.followed li{flex:none;align-content:start;gap:.1rem;font-size:.84rem;display:grid}.followed .here .plain-button{box-shadow:0 0 0 2px var(--accent-fill);border-radius:2px}.sheet-of{width:100%;max-width:46rem;image-rendering:pixelated;display:block}.masks .cut{width:8.5rem}.masks .tiles{margin-top:.8rem}.masks li{width:8.5rem}.mark-of{fill:none;stroke:var(--c);stroke-width:2px;vector-effect:non-scaling-stroke}.matches{grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:.5rem;margin-bottom:1rem;list-style:none;display:grid}.matches a{border:1px solid var(--line);color:var(--ink);background:var(--panel);border-radius:8px;grid-template-columns:1fr auto 1fr;align-items:center;gap:.6rem;padding:.5rem;text-decoration:none;display:grid}.matches a:hover{border-color:var(--accent-fill)}.matches .pair{justify-content:start}.matches small{text-align:center}main>.choice{margin-bottom:.5rem}.charts~.panel{margin-top:1rem}.answered ul{gap:.35rem;list-style:none;display:grid}.answered li{grid-template-columns:minmax(0,24rem) 3rem minmax(0,1fr);align-items:center;gap:.4rem 1rem;display:grid}.answered .thumbs{flex-wrap:wrap;gap:4px;display:flex}.surest{margin-top:.6rem}.surest li{width:7.5rem}.confusion{font-variant-numeric:tabular-nums;width:auto}.confusion :is(td,th){text-align:right;border:0;padding:.2rem .4rem}.confusion thead th{vertical-align:bottom}.confusion thead span{writing-mode:vertical-rl;text-overflow:ellipsis;max-height:9rem;display:inline-block;overflow:hidden;rotate:180deg}.confusion tbody th{max-width:12rem;font-weight:400}.scroll .confusion tbody tr td{background:color-mix(in srgb, var(--accent-fill) calc(.6 * var(--share,0%)), var(--panel));min-width:2.2rem}.confusion .right{box-shadow:inset 0 0 0 1.5px var(--accent-fill)}.covered{margin-top:1rem}.covered-pair{grid-template-columns:minmax(0,30rem) minmax(0,1fr);align-items:start;gap:1.4rem;display:grid}.covered-told{justify-items:start;gap:.8rem;display:grid}.covered-told>*{max-width:100%}.covered-told .choice{flex-wrap:wrap}.covered-told .choice button{white-space:normal}.covered-told .figure{font-size:1.15rem}.covered-told input{width:100%}.covered-told{max-width:44rem}.covered svg{cursor:crosshair;touch-action:none}.loss{fill:#ff5a1f;pointer-events:none}@media (width>=760px) and (width<=1100px){.strip{zoom:1.5}}@media (width>=1600px){.station>a{grid-template-columns:minmax(9rem,1fr) 8.2rem 8rem 8.4rem 627px}.strip{zoom:1.5}}@media (width<=1100px){.station>a{grid-template-columns:minmax(8rem,1fr) auto auto auto}.strip{grid-column:1/-1}}@media (width<=820px){.brand{margin-right:auto}.sections{flex-basis:100%;order:3;gap:.15rem}.examples,.image-page{grid-template-columns:minmax(0,1fr)}.examples .looked{grid-template-columns:minmax(0,24rem) minmax(0,1fr);gap:0 1rem;display:grid}.examples .looked figcaption{grid-column:1/-1}.examples .looked dl{align-content:start;margin:0}.sticky{position:static}.image-page{display:block}.image-page>div{margin-top:1rem}.image-page .sticky{z-index:5;background:var(--page);border-bottom:1px solid var(--line);grid-template-columns:min(38vh,42vw) minmax(0,1fr);gap:0 .8rem;max-width:none;padding:.5rem 0;display:grid;position:sticky;top:7.2rem}.image-page .sticky>.whole{grid-row:1/span 4}.versus-pair,.layer-map,.covered-pair{grid-template-columns:minmax(0,1fr)}.class-page{columns:1}.map-look{order:-1;position:static}}@media (width<=560px){.fold{display:inline-flex}.hit:not(.hit-cards .hit){flex-wrap:wrap;gap:0 .7rem}.hit:not(.hit-cards .hit) bdi{white-space:normal}.hit:not(.hit-cards .hit) bdi:last-child:not(:nth-child(2)){max-width:none}:root{font-size:14.5px}h1{font-size:1.3rem}h1 .cut-name{-webkit-line-clamp:3;white-space:normal;overflow-wrap:anywhere;-webkit-box-orient:vertical;display:-webkit-box}.top{position:static}.image-page .sticky{top:0}.jump{flex:1;width:auto}.panels{gap:.8rem}.examples-bar,.looked{order:1}.examples .looked{display:block}.half .panels{grid-template-columns:auto}.sections a{padding:.25rem .2rem;font-size:min(1rem,3.7vw)}.nine{gap:2px}.station,.passed{padding-left:1.5rem}.map:before{left:.42rem}.station:before{left:.05rem}.station>a{grid-template-columns:minmax(0,1fr) auto;padding:.6rem .8rem}.station-told{text-align:left}.count{margin-left:0}.bar:not(.open) .filter{display:none}.joints li{grid-template-columns:34px minmax(0,1fr) 3rem 4.2rem}.joints.bare li{grid-template-columns:minmax(0,1fr) 3rem 4.2rem}.bars li{grid-template-columns:minmax(0,8rem) 1fr 4.2rem}.sheet{padding:.9rem}.passed .name{min-width:0}.rows-of li{grid-template-columns:minmax(0,1fr)}.settings .facts div{grid-template-columns:6.5rem minmax(0,1fr)}.answered li{grid-template-columns:minmax(0,1fr) 3rem}.answered .thumbs{grid-column:1/-1}.findings th[scope=row]{white-space:normal;overflow-wrap:normal;padding-right:.4rem}.findings td+td,.findings th+th{padding-left:.6rem}.stacked,.stacked tbody,.stacked tr,.stacked td{white-space:normal;display:block}.stacked thead{display:none}.stacked tr{border-bottom:1px solid var(--line);padding:.5rem 0}.findings .stacked td,.findings .stacked td+td{text-align:left;border:0;grid-template-columns:9rem minmax(0,1fr);gap:.6rem;padding:.1rem 0;display:grid}.stacked td:before{content:attr(data-head);color:var(--soft)}}@media (prefers-reduced-motion:reduce){*{scroll-behavior:auto!important;transition:none!important;animation:none!important}}@media print{:root{color-scheme:light;background:#fff}.top,.actions,.steps,.examples-bar,.toast,.modal,.versus{display:none!important}main{max-width:none;padding:0}:is(div,form).bar,.covered-told :is(label,.choice,input),.plot+input,.hint{display:none}.scroll{max-height:none;overflow:visible}.scroll table{width:100%;font-size:.78rem}.scroll :is(td,th){white-space:normal;overflow-wrap:normal}.covered-pair{grid-template-columns:minmax(0,20rem) minmax(0,1fr)}.histogram,.bar-track,.track,.tuning-track,.swatch,.glyph,.band,.no-figure,.sketch{-webkit-print-color-adjust:exact;print-color-adjust:exact}.virtual{flex-wrap:wrap;display:flex;height:auto!important}.virtual>li{break-inside:avoid;position:static!important}.panel{break-inside:avoid;border:0;padding:.3rem 0}.examples{grid-template-columns:minmax(0,2.4fr) minmax(0,1fr)}.examples .looked{display:block}.cell.active:after,.whole .field-halo,section:has(textarea:placeholder-shown){display:none}a{color:inherit;text-decoration:none}}.scroll.caused{max-height:none;padding:.2rem .4rem .6rem .2rem;position:relative}.caused-heads{height:1.6rem;color:var(--soft);font-size:.82rem;position:relative}.caused-heads span{text-overflow:ellipsis;white-space:nowrap;position:absolute;overflow:hidden}.caused-graph{position:relative}.caused-graph svg{position:absolute;inset:0;overflow:visible}.caused-graph path{fill:none;stroke:var(--accent-fill);opacity:.45}.caused-graph path.against{stroke:var(--negative)}.caused-graph [data-faint=true]{opacity:.12}.caused-graph ul{list-style:none}.caused-graph li{height:68px;padding:3px 0;transition:opacity .1s;position:absolute}.caused-graph li[data-faint=true]{opacity:.4}.caused-graph li>*{background:var(--panel);border:1px solid var(--line);height:100%;color:var(--ink);border-radius:8px;grid-template-columns:auto minmax(0,1fr);align-items:center;gap:.5rem;padding:2px;text-decoration:none;display:grid}.caused-graph a:hover{border-color:var(--accent-fill)}.caused-graph .told{min-width:0;font-size:.82rem;display:grid}.caused-graph .told b{text-overflow:ellipsis;white-space:nowrap;overflow:hidden}.caused-sums{margin-top:.6rem;font-size:.9rem}", de = class extends Error {};
function fe(e, t, n) {
	let r = e;
	if (r.done) return !0;
	if (r.stale) throw new de();
	if (r.error !== void 0) throw Error(r.error);
	return r.progress === void 0 ? t(e) : n?.(r.progress), !1;
}
var pe = class {
	tab = le();
	late = null;
	one(e, t, n) {
		return new Promise((r, i) => {
			this.ask(e, r, t, n).then(() => i(/* @__PURE__ */ Error("The answer is empty.")), i);
		});
	}
}, me = 1 << 20, he = 2e3, ge = class extends pe {
	model;
	waiting = /* @__PURE__ */ new Map();
	pictures = /* @__PURE__ */ new Map();
	hear;
	count = 0;
	timer;
	constructor(e) {
		super(), this.model = e, this.hear = (e, t) => {
			let n = this.waiting.get(e.id);
			n && (clearTimeout(this.timer), this.timer = void 0, this.late?.(!1), n(e, t));
		}, e.on("msg:custom", this.hear);
	}
	close() {
		clearTimeout(this.timer), this.model.off("msg:custom", this.hear), this.send(this.newId(), {
			do: "close",
			tab: this.tab
		});
		for (let e of this.pictures.values()) e.then(URL.revokeObjectURL, () => void 0);
	}
	newId() {
		return this.count += 1, `${this.tab} ${this.count}`;
	}
	send(e, t, n = [], r) {
		r && (this.waiting.set(e, r), this.timer ??= setTimeout(() => this.late?.(!0), he)), this.model.send({
			...t,
			id: e
		}, void 0, n);
	}
	all(e, t) {
		return new Promise((n, r) => {
			let i = this.newId();
			this.send(i, e, t, (e, t) => {
				this.waiting.delete(i), e.error === void 0 ? n([e.value, t]) : r(Error(e.error));
			});
		});
	}
	async value(e, t) {
		return (await this.all(e, t))[0];
	}
	async bytes(e) {
		let [t, n] = await this.all(e);
		return new Blob(n, { type: t.type });
	}
	about() {
		return this.value({ do: "about" });
	}
	async upload(e, t) {
		let n = {
			do: "photo",
			tab: this.tab,
			name: t.slice(0, 200),
			upload: le(),
			size: e.size
		};
		for (let t = 0;; t += me) {
			let r = await e.slice(t, t + me).arrayBuffer(), i = await this.value({
				...n,
				first: t
			}, [r]);
			if ("photo" in i) return i;
		}
	}
	choose(e) {
		return this.value({
			do: "choose",
			tab: this.tab,
			number: e
		});
	}
	images(e, t) {
		return this.value({
			do: "images",
			from: e,
			text: t
		});
	}
	thumb(e) {
		return this.bytes({
			do: "thumb",
			number: e
		});
	}
	picture(e) {
		let t = this.pictures.get(e) ?? this.bytes({
			do: "picture",
			path: e
		}).then(URL.createObjectURL);
		return this.pictures.set(e, t), t;
	}
	ask(e, t, n, r) {
		return new Promise((i, a) => {
			if (n?.aborted) return a(new de());
			let o = this.newId(), s = () => {
				this.waiting.delete(o), n?.removeEventListener("abort", c);
			}, c = () => {
				s(), this.send(this.newId(), {
					do: "leave",
					of: o
				}), a(new de());
			};
			n?.addEventListener("abort", c), this.send(o, {
				do: "ask",
				tab: this.tab,
				said: e
			}, [], (e) => {
				if (!e.heard) try {
					if (e.error !== void 0) throw Error(e.error);
					if (!fe(e.part, t, r)) return;
					s(), i();
				} catch (e) {
					s(), a(e);
				}
			});
		});
	}
}, I, L, _e, ve, ye = Object.is, be = 0, xe = [], Se = [], R = e, Ce = R.__b, we = R.__r, Te = R.diffed, Ee = R.__c, De = R.unmount, Oe = R.__;
function ke(e, t) {
	R.__h && R.__h(L, e, be || t), be = 0;
	var n = L.__H || (L.__H = {
		__: [],
		__h: []
	});
	return e >= n.__.length && n.__.push({}), n.__[e];
}
function z(e) {
	return be = 1, Ae(Be, e);
}
function Ae(e, t, n) {
	var r = ke(I++, 2);
	if (r.t = e, !r.__c && (r.__ = [n ? n(t) : Be(void 0, t), function(e) {
		var t = (r.__N || r.__)[0], n = r.t(t, e);
		ye(t, n) || (r.__N = [n, r.__[1]], r.__c.setState({}));
	}], r.__c = L, !L.__f)) {
		L.__f = !0;
		var i = L.shouldComponentUpdate;
		L.shouldComponentUpdate = function(e, t, n) {
			var r = this.__H;
			if (!r) return !0;
			var a = !1, o = this.props != e;
			if (r.__.some(function(e) {
				e.__N && (a = !0, ye(e.__[0], e.__N[0]) || (o = !0));
			}), i) {
				var s = i.call(this, e, t, n);
				return a ? s || o : s;
			}
			return !a || o;
		};
	}
	return r.__;
}
function B(e, t) {
	var n = ke(I++, 3);
	!R.__s && ze(n.__H, t) && (n.__P = !0, n.__ = e, n.u = t, L.__H.__h.push(n));
}
function V(e, t) {
	var n = ke(I++, 4);
	!R.__s && ze(n.__H, t) && (n.__P = !1, n.__ = e, n.u = t, L.__h.push(n));
}
function H(e) {
	return be = 5, je(function() {
		return { current: e };
	}, []);
}
function je(e, t) {
	var n = ke(I++, 7);
	return ze(n.__H, t) && (n.__ = e(), n.__H = t), n.__;
}
function Me(e) {
	var t = L.context[e.__c], n = ke(I++, 9);
	return n.c = e, t ? (n.__ ?? (n.__ = !0, t.sub(L)), t.props.value) : e.__;
}
function Ne() {
	var e;
	do {
		for (; e = Se.shift();) try {
			Le(e);
		} catch (t) {
			R.__e(t, { __: (e = e.__P) && e.__v });
		}
		for (; e = xe.shift();) {
			var t = e.__H;
			if (e.__P && t) try {
				t.__h.some(Le), t.__h.some(Re), t.__h = [];
			} catch (n) {
				t.__h = [], R.__e(n, e.__v);
			}
		}
	} while (Se.length);
}
R.__b = function(e) {
	L = null, Ce && Ce(e);
}, R.__ = function(e, t) {
	e && t.__k && t.__k.__m && (e.__m = t.__k.__m), Oe && Oe(e, t);
}, R.__r = function(e) {
	we && we(e), I = 0;
	var t = (L = e.__c).__H;
	t && (_e == L ? L.__h = [] : (t.__h.some(Le), t.__h.some(Re), I = 0), t.__h = [], t.__.some(function(e) {
		e.__N && (e.__ = e.__N), e.u = e.__N = void 0;
	})), _e = L;
}, R.diffed = function(e) {
	Te && Te(e);
	var t = e.__c;
	t && t.__H && (t.__H.__h.length && Ie(xe.push(t)), t.__H.__.some(function(e) {
		e.u && (e.__H = e.u);
	})), _e = L = null;
}, R.__c = function(e, t) {
	t.some(function(e) {
		try {
			e.__h.some(Le), e.__h = e.__h.filter(function(e) {
				return !e.__ || Re(e);
			});
		} catch (t) {
			e.__h = [function() {
				throw t;
			}];
		}
	}), Ee && Ee(e, t);
}, R.unmount = function(e) {
	De && De(e);
	var t, n, r = e.__c;
	r && r.__H && (r.__H.__.some(function(r) {
		try {
			if (r.__P && r.__c) {
				if (n === void 0) {
					for (n = e.__; n && (!n.__c || !n.__c.__P);) n = n.__;
					n &&= n.__c;
				}
				r.__P = n, Ie(Se.push(r));
			} else Le(r);
		} catch (e) {
			t = e;
		}
	}), r.__H = void 0, t && R.__e(t, r.__v));
};
var Pe = typeof requestAnimationFrame == "function";
function Fe(e) {
	var t, n = function() {
		clearTimeout(r), Pe && cancelAnimationFrame(t), setTimeout(e);
	}, r = setTimeout(n, 35);
	Pe && (t = requestAnimationFrame(n));
}
function Ie(e) {
	e != 1 && ve == R.requestAnimationFrame || ((ve = R.requestAnimationFrame) || Fe)(Ne);
}
function Le(e) {
	var t = L, n = e.__c;
	typeof n == "function" && (e.__c = void 0, n()), L = t;
}
function Re(e) {
	var t = L;
	e.__c = e.__(), L = t;
}
function ze(e, t) {
	return !e || e.length != t.length || t.some(function(t, n) {
		return !ye(t, e[n]);
	});
}
function Be(e, t) {
	return typeof t == "function" ? t(e) : t;
}
// src/bench/place.ts
var Ve = F(null);
function U() {
	let e = Me(Ve);
	if (!e) throw Error("no place");
	return e;
}
var He = (e) => e.alone ? document : e.root, Ue = (e, t) => e.root.querySelector(`#${t}`);
function We(e, t, n) {
	let r = t, i = /* @__PURE__ */ new Set(), a = (e) => {
		r = e, n(e);
	};
	return e.addEventListener("click", (e) => {
		let t = e.composedPath()[0].closest?.("a[href^=\"#/\"]");
		!t || e.ctrlKey || e.metaKey || e.shiftKey || (e.preventDefault(), a(t.getAttribute("href") ?? "#/"), i.forEach((e) => e()));
	}), {
		root: e,
		alone: !1,
		hash: () => r,
		write: a,
		came: (e) => (i.add(e), () => i.delete(e))
	};
}
// src/bench/bench.css?inline
var Ge = ".of-network{color:var(--soft);text-overflow:ellipsis;white-space:nowrap;min-width:0;max-width:36ch;font-size:.88rem;overflow:hidden}main.bench{grid-template-columns:minmax(17rem,23rem) minmax(0,1fr);align-items:start;gap:1.1rem 1.4rem;max-width:1800px;display:grid}main.bench[data-has=false]{grid-template-columns:minmax(0,34rem);justify-content:center}.room{container:bench/inline-size}.late{border:1px solid var(--line);background:var(--warn);border-radius:10px;grid-column:1/-1;padding:.5rem 1rem}.side{gap:1.1rem;min-width:0;display:grid}.middle{min-width:0}.wide{grid-column:1/-1;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));align-items:start;gap:1.1rem;display:grid}.unit-panel{grid-column:1/-1}.trouble button{white-space:nowrap;flex:none}.trouble{border:1px solid var(--negative);background:var(--warn);border-radius:10px;grid-column:1/-1;justify-content:space-between;align-items:center;gap:1rem;padding:.6rem 1rem;display:flex}main.bench .choice{flex-wrap:wrap;max-width:100%}main.bench .choice button{white-space:normal;overflow-wrap:anywhere;min-width:0}.plain{min-height:0;color:var(--accent);text-underline-offset:2px;overflow-wrap:anywhere;text-align:left;background:0 0;border:0;border-radius:3px;padding:0;text-decoration:underline;display:inline}.icon.small{width:1.7rem;min-width:1.7rem;min-height:1.7rem}button[aria-pressed=true]:not(.choice button),button[role=switch][aria-checked=true]{border-color:var(--accent-fill);background:var(--accent-soft)}progress{accent-color:var(--accent-fill);vertical-align:middle;width:8rem;height:.5rem}.photo-head,.panel-head,.unit-head,.over-head{justify-content:space-between;align-items:center;gap:.6rem;display:flex}.photo-head h2,.unit-head h2{text-overflow:ellipsis;white-space:nowrap;min-width:0;overflow:hidden}.export{white-space:nowrap;flex:none;align-items:center;gap:.35rem;font-size:.86rem;display:inline-flex}.export button{min-height:1.75rem;padding:.1rem .6rem;font-size:.86rem}.stage{touch-action:none;cursor:crosshair;-webkit-user-select:none;user-select:none;min-height:6rem;margin-top:.6rem;line-height:0;position:relative}.stage canvas{background:var(--grey);border-radius:4px;width:100%;height:auto;display:block}.handle{pointer-events:none;background:0 0;border:2px solid #fff;border-radius:1px;outline:2px solid #000a;min-height:0;padding:0;position:absolute;top:0;left:0}.handle:hover{border-color:#fff}.handle:focus-visible{outline:3px solid var(--accent-fill);outline-offset:1px}.handle[data-disc=true]{border-radius:50%}.handle[data-idle=true]:not(:focus-visible){opacity:0}.stage-busy{width:auto;position:absolute;bottom:.6rem;left:.6rem;right:.6rem}.sources{flex-wrap:wrap;align-items:center;gap:.4rem;margin-top:.7rem;display:flex}.sources input[type=file]{clip-path:inset(50%);width:1px;height:1px;min-height:0;padding:0;position:absolute;overflow:hidden}.sources label:focus-within{outline:2px solid var(--accent-fill);outline-offset:2px}.tools{flex-wrap:wrap;align-items:center;gap:.5rem;margin-top:.7rem;font-size:.9rem;display:flex}.tools .note{flex-basis:100%;margin:0}.size{color:var(--soft);flex:12rem;align-items:center;gap:.5rem;display:inline-flex}.size input{flex:1;min-width:5rem}.size output{min-width:3.2rem}.drop{border:2px dashed var(--line);text-align:center;color:var(--soft);border-radius:12px;margin-top:.7rem;padding:3.2rem 1.2rem}.drop[data-over=true]{border-color:var(--accent-fill);background:var(--accent-soft)}.drop .note{max-width:46ch;margin:1.1rem auto 0}.drop-title{color:var(--ink);font-size:1.25rem;font-weight:600}.answers{gap:.15rem;margin-top:.5rem;list-style:none;display:grid}.answers button,.answer{text-align:left;border-radius:6px;grid-template-columns:minmax(0,1fr) auto;gap:.05rem .6rem;width:100%;min-height:0;padding:.25rem .5rem;font-size:.92rem;display:grid}.answers button{background:0 0;border-color:#0000}.answers button:hover{border-color:var(--line)}.answers button[aria-pressed=true]{border-color:var(--accent-fill);background:var(--accent-soft)}.answer-name{text-overflow:ellipsis;white-space:nowrap;overflow:hidden}.answer-score{font-variant-numeric:tabular-nums;color:var(--soft)}.answer-bar{background:var(--sunk);border-radius:3px;grid-column:1/-1;width:100%;height:.36rem;display:block;position:relative}.answer-bar i{background:var(--accent-fill);border-radius:3px;position:absolute;inset:0 auto 0 0}.answer-bar b{background:var(--ink);width:2px;margin-left:-1px;position:absolute;top:-.18rem;bottom:-.18rem}.silenced,.changed{margin-top:.9rem;font-size:.9rem}.silenced ul,.changed ul,.layer-row ul,.causes ul,.followed ul,.shelf,.layer-choice ul{list-style:none}.silenced h3,.changed h3{margin-top:.5rem}.chip{gap:.4rem;min-height:1.7rem;position:relative}.changed li{justify-content:space-between;gap:.8rem;padding:.12rem 0;display:flex}.changed li>:first-child{text-overflow:ellipsis;white-space:nowrap;min-width:0;overflow:hidden}.changed li>span{font-variant-numeric:tabular-nums;color:var(--soft);white-space:nowrap}.followed{margin-bottom:1rem}.followed li{grid-template-columns:minmax(7rem,1fr) minmax(5rem,2fr) 8.5rem auto;align-items:center;gap:.7rem;padding:.2rem 0;font-size:.92rem;display:grid}.followed .answer-bar{grid-column:auto}.middle-head{flex-wrap:wrap;align-items:center;gap:.5rem 1rem;margin-bottom:.4rem;display:flex}.middle-head h2{margin-right:auto}.layer-choice{font-size:.9rem;position:relative}.layer-choice ul{z-index:10;background:var(--panel);border:1px solid var(--line);border-radius:8px;width:max-content;max-width:min(86vw,26rem);max-height:22rem;padding:.6rem .9rem;position:absolute;right:0;overflow:auto;box-shadow:0 6px 24px #0003}.layer-choice small{display:inline}.layer-row{margin-top:.9rem}.layer-row h3 small{font-weight:400;display:inline}.layer-row h3{color:var(--soft);margin-bottom:.25rem;font-weight:600}.layer-row ul{grid-template-columns:repeat(6,minmax(0,9.4rem));gap:.35rem;margin-inline:-5px;display:grid}.tile-button,.causes li button,.answers button{position:relative}.tile-button{contain:layout style paint;background:0 0;border-color:#0000;border-radius:8px;gap:.15rem;width:100%;padding:4px;display:grid}.tile-button canvas{border-radius:3px;width:100%;height:auto;display:block}.tile-button .caption{flex-wrap:wrap;gap:0 .4rem;width:100%}.tile-button .caption b{overflow:visible}.tile-button[data-silenced=true] canvas{opacity:.3}.tile-button .fallen{color:var(--negative)}.unit-panel{align-content:start;gap:.1rem;display:grid}.pictures{grid-template-columns:repeat(2,minmax(0,11rem));gap:.8rem;margin:.3rem 0 .4rem;display:grid}[data-late=true]{opacity:.55}.pictures canvas,.no-picture{background:var(--grey);border-radius:3px;width:100%;height:auto;display:block}.no-picture{aspect-ratio:1;opacity:.25}.pictures .projection{filter:var(--boost,none)}figcaption{color:var(--soft);font-size:.8rem}.unit-bar{flex-wrap:wrap;align-items:center;gap:.5rem;margin:.25rem 0 .4rem;font-size:.9rem;display:flex}.unit-bar .grow{flex:1;min-width:9rem}.unit-bar output{min-width:6rem}.unit-panel h3{margin-top:.8rem}.rules{margin-bottom:.4rem;font-size:.86rem}.rules summary{color:var(--soft)}.rules dl{gap:.35rem;margin:.4rem 0;display:grid}.rules dt{font-weight:600}.rules dd{margin:0}.rules [data-chosen=true]{border-left:3px solid var(--accent-fill);padding-left:.5rem}.map-pick{grid-template-columns:repeat(2,minmax(0,11rem));align-items:start;gap:.8rem;margin-top:.4rem;display:grid}.map-pick button:first-child{cursor:crosshair;border:0;border-radius:3px;min-height:0;padding:0;line-height:0;position:relative}.map-pick canvas{border-radius:3px;width:100%;height:auto}.map-pick i{border:2px solid var(--mark);outline:1px solid #000a;min-width:6px;min-height:6px;position:absolute}.map-pick .note{max-width:22ch}.walked{flex-wrap:wrap;gap:.2rem .5rem;margin-bottom:.3rem;font-size:.86rem;display:flex}.walked button:after{content:\" ›\";color:var(--soft)}.causes ul{gap:.1rem;margin:.3rem 0;display:grid}.causes li button{text-align:left;background:0 0;border-color:#0000;grid-template-columns:40px minmax(4.5rem,auto) minmax(3rem,1fr) 4.5rem;align-items:center;gap:.6rem;width:100%;padding:.15rem .3rem;font-size:.9rem;display:grid}.causes li button:hover{border-color:var(--line)}.cause-picture{background:var(--sunk);border-radius:3px;place-items:center;width:40px;height:40px;display:grid;overflow:hidden}.cause-picture canvas{max-width:40px;max-height:40px}.cause-bar{background:var(--sunk);border-radius:3px;height:.5rem;display:block}.cause-bar i{background:var(--accent-fill);border-radius:3px;height:100%;display:block}.cause-bar[data-against=true] i{background:var(--negative)}.causes .number{text-align:right}.cause-name small{display:inline}.sweep-picture{border-radius:4px;width:320px;max-width:100%;height:auto;margin-top:.6rem;display:block}.plot{margin-top:.5rem}.plot svg{width:100%;max-width:34rem;height:auto;overflow:visible}.plot path{fill:none;stroke-width:2px;stroke:var(--accent-fill);vector-effect:non-scaling-stroke}.plot .line-first{stroke:var(--soft);stroke-dasharray:2 3}.plot .line-last{stroke:var(--negative);stroke-dasharray:6 3}.plot .axis{stroke:var(--line)}.plot .now{stroke:var(--mark);stroke-width:2px}.plot text{fill:var(--soft);font-size:11px}.plot figcaption{font-variant-numeric:tabular-nums;flex-wrap:wrap;gap:.2rem 1.2rem;display:flex}.plot figcaption span:before{content:\"\";border-top:2px solid var(--accent-fill);vertical-align:middle;width:1rem;margin-right:.4rem;display:inline-block}.plot figcaption .line-first:before{border-top:2px dotted var(--soft)}.plot figcaption .line-last:before{border-top:2px dashed var(--negative)}.plot figcaption .apart:before{display:none}dialog.over{border:1px solid var(--line);background:var(--panel);color:var(--ink);border-radius:12px;width:min(58rem,94vw);max-height:88vh;margin:auto;padding:1rem 1.2rem 1.3rem}dialog.over::backdrop{background:#000a}.over-head{margin-bottom:.6rem}.key-list{gap:.35rem;margin-bottom:.8rem;display:grid}.key-list div{grid-template-columns:7rem minmax(0,1fr);align-items:baseline;gap:.8rem;display:grid}.camera{background:#000;border-radius:6px;width:100%;max-height:60vh;margin-bottom:.7rem;display:block}.shelf{grid-template-columns:repeat(auto-fill,minmax(7.2rem,1fr));gap:.4rem;margin:.8rem 0;display:grid}.shelf button{text-align:left;background:0 0;border-color:#0000;align-content:start;gap:.2rem;width:100%;padding:4px;display:grid}.shelf button:hover{border-color:var(--line)}.shelf img,.no-thumb{aspect-ratio:1;object-fit:cover;background:var(--sunk);border-radius:4px;width:100%;display:block}.shelf small{text-overflow:ellipsis;white-space:nowrap;min-width:0;overflow:hidden}@container bench (width>=1181px){main.bench[data-has=true]{grid-template-rows:auto auto 1fr;grid-template-columns:minmax(17rem,22rem) minmax(0,1fr) minmax(20rem,24rem)}.side{grid-area:2/1/span 2/2}.middle{grid-area:2/2}.unit-panel{grid-area:2/3/span 2/4}.wide{grid-area:3/2}}@media (width<=820px){.of-network{flex-basis:100%;order:4;max-width:100%}.sections{flex-basis:auto;order:0}}@container bench (width<=820px){main.bench[data-has=true]{grid-template-columns:minmax(0,1fr)}.followed li{grid-template-columns:minmax(0,1fr) auto auto}.followed .answer-bar{grid-area:2/1/auto/-1}}@container bench (width<=560px){.layer-row ul{grid-template-columns:repeat(3,minmax(0,1fr))}.pictures,.map-pick{grid-template-columns:repeat(2,minmax(0,1fr));gap:.5rem}}@media (forced-colors:active){.answer-bar i,.cause-bar i{background:highlight}}";
F(null);
function Ke(e) {
	return e.ctrlKey || e.metaKey ? `Ctrl+${e.key.toLowerCase()}` : e.shiftKey && e.key.length > 1 ? `Shift+${e.key}` : e.key;
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
function Je(e, t, n = "application/json") {
	let r = typeof t == "string" ? new Blob([t], { type: n }) : t, i = document.createElement("a");
	i.href = URL.createObjectURL(r), i.download = e.replace(/[^A-Za-z0-9._-]+/g, "_"), i.click(), setTimeout(() => URL.revokeObjectURL(i.href), 1e4);
}
function Ye(e, t = Xe.get("boost") ?? "1") {
	e.style.setProperty("--boost", t === "1" ? "none" : `contrast(${Number(t) || 1})`);
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
};
// src/listening.ts
function Ze(e) {
	let t = e.dataset.theme ? e.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
	e.dataset.theme = t ? "light" : "dark", Xe.set("theme", e.dataset.theme);
}
// src/bench/state.ts
var Qe = {
	photo: null,
	moved: [0, 0],
	layers: [],
	by: "activation",
	unit: null,
	rule: "deconvnet",
	tool: "square",
	fill: "grey",
	size: 0,
	cover: [],
	followed: [],
	silenced: [],
	transform: null
}, $e = 24, et = (e, t, n) => t.includes(e) ? e : n, tt = (e) => e !== void 0 && /^-?\d{1,6}$/.test(e) ? Number(e) : null;
function nt(e) {
	let [t, n] = (e ?? "").split(",").map((e) => tt(e));
	return t != null && n != null ? [t, n] : null;
}
var rt = (e, t) => e.getAll(t).filter((e) => e.length > 0 && e.length < 300).slice(0, 64);
function it(e) {
	let t = new URLSearchParams(e.replace(/^#\/?\??/, "")), n = t.get("photo"), r = tt(n ?? void 0), [i, a] = (t.get("turn") ?? "").split(":"), o = a !== void 0 && i && Number.isFinite(Number(a)) ? {
		name: i,
		amount: Number(a)
	} : null;
	return {
		photo: n === "own" ? "own" : r !== null && r >= 0 ? r : null,
		moved: nt(t.get("moved")) ?? [0, 0],
		layers: rt(t, "layer").slice(0, 16),
		by: et(t.get("by"), ["activation", "atlas"], "activation"),
		unit: t.get("unit"),
		rule: et(t.get("rule"), [
			"deconvnet",
			"guided",
			"gradient"
		], "deconvnet"),
		tool: et(t.get("tool"), [
			"square",
			"brush",
			"crop"
		], "square"),
		fill: et(t.get("fill"), [
			"grey",
			"mean",
			"blur"
		], "grey"),
		size: Math.max(0, tt(t.get("size") ?? void 0) ?? 0),
		cover: rt(t, "cover").map(nt).filter((e) => e !== null),
		followed: rt(t, "follow"),
		silenced: rt(t, "silence"),
		transform: o
	};
}
function at(e) {
	let t = new URLSearchParams(), n = (e, n, r) => {
		n !== r && n !== null && t.set(e, String(n));
	};
	n("photo", e.photo, null), n("moved", e.moved.join(","), "0,0"), e.layers.forEach((e) => t.append("layer", e)), n("by", e.by, Qe.by), n("unit", e.unit, null), n("rule", e.rule, Qe.rule), n("tool", e.tool, Qe.tool), n("fill", e.fill, Qe.fill), n("size", e.size, 0), e.cover.length <= $e && e.cover.forEach((e) => t.append("cover", e.join(","))), e.followed.forEach((e) => t.append("follow", e)), e.silenced.forEach((e) => t.append("silence", e)), e.transform && t.set("turn", `${e.transform.name}:${e.transform.amount}`);
	let r = t.toString().replace(/%2C/g, ",").replace(/%3A/g, ":").replace(/%40/g, "@");
	return r ? `#/?${r}` : "#/";
}
var ot = (e) => e.cover.length ? {
	at: e.cover,
	size: e.size,
	fill: e.fill,
	shape: e.tool === "brush" ? "disc" : "square"
} : null, st = (e) => ({
	moved: e.moved,
	cover: ot(e),
	transform: e.transform,
	silenced: e.silenced
}), ct = (e) => ({
	kind: "look",
	layers: e.layers,
	followed: e.followed,
	...st(e)
});
function W(e) {
	let t = /^(.+):(\d+(?:-\d+)?)(?:@(\d+),(\d+))?$/.exec(e);
	return t ? {
		layer: t[1],
		channel: t[2],
		at: t[3] === void 0 ? null : [Number(t[3]), Number(t[4])]
	} : null;
}
var G = (e) => e.replace(/@\d+,\d+$/, ""), lt = Symbol.for("pv"), ut = 0;
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
// src/bench/bench.tsx
var dt = F(null);
function q() {
	let e = Me(dt);
	if (!e) throw Error("no bench");
	return e;
}
function ft(e) {
	let t = H(null);
	V(() => {
		t.current && e.draw(t.current);
	}, e.of);
	let n = e.label ? {
		role: "img",
		"aria-label": e.label
	} : { "aria-hidden": !0 };
	return /* @__PURE__ */ K("canvas", {
		ref: t,
		class: e.class,
		...n
	});
}
function pt(e, t) {
	let { api: n, fail: r } = q();
	V(() => {
		if (!e) return;
		let i = new AbortController();
		return t(n, e, i.signal).catch((e) => {
			i.signal.aborted || r(e);
		}), () => i.abort();
	}, [e && JSON.stringify(e)]);
}
function mt(e) {
	performance.clearMarks(e), performance.mark(e);
}
function ht(e, t) {
	let n = W(t);
	return n && e.logits.layers.includes(n.layer) ? e.logits.names[Number(n.channel)] ?? null : null;
}
var J = (e) => e.score === "probability";
// src/bench/draw.ts
function gt(e) {
	let t = atob(e), n = new Uint8Array(t.length);
	for (let e = 0; e < t.length; e++) n[e] = t.charCodeAt(e);
	return n;
}
var _t = (e) => createImageBitmap(new Blob([gt(e)], { type: "image/png" }));
function vt(e, t, n) {
	let [r, i, a, o] = t.crop, [s, c] = [0, 1].map((e) => {
		let [r, i] = t.rooms[e];
		return Math.min(Math.max(n[e], r), i);
	});
	return createImageBitmap(e, i + c, r + s, o, a);
}
function yt(e, t, n) {
	let r = Math.min(2, window.devicePixelRatio || 1), [i, a] = [Math.round(t * r), Math.round(n * r)];
	(e.width !== i || e.height !== a) && (e.width = i, e.height = a);
	let o = e.getContext("2d");
	return o?.setTransform(i / t, 0, 0, a / n, 0, 0), o;
}
var bt = /* @__PURE__ */ new WeakMap();
function xt(e, t, n, r = 0) {
	let i = bt.get(e) ?? /* @__PURE__ */ new Map();
	bt.set(e, i);
	let a = `${t} ${n} ${r}`, o = i.get(a);
	if (o) return o;
	i.size >= St && i.clear();
	let s = document.createElement("canvas");
	s.width = t, s.height = n;
	let c = s.getContext("2d");
	return c.imageSmoothingQuality = "high", r && (c.filter = `blur(${r}px)`), c.drawImage(e, 0, 0, t, n), i.set(a, s), s;
}
var St = 16, Ct = Uint32Array.from({ length: 256 }, (e, t) => {
	let n = Math.round(200 * (1 - t / 255) ** 1.2);
	return new Uint32Array(new Uint8Array([
		0,
		0,
		0,
		n
	]).buffer)[0];
}), wt = /* @__PURE__ */ new Map();
function Tt(e, t, n) {
	let r = `${t} ${n}`, i = wt.get(r);
	if (!i) {
		wt.size >= St && wt.clear();
		let e = document.createElement("canvas");
		e.width = n, e.height = t;
		let a = e.getContext("2d"), o = a.createImageData(n, t);
		i = [
			e,
			a,
			o,
			new Uint32Array(o.data.buffer)
		], wt.set(r, i);
	}
	let [a, o, s, c] = i;
	for (let r = 0; r < t * n; r++) c[r] = Ct[Math.round(e[r])];
	return o.putImageData(s, 0, 0), a;
}
function Et(e, t, n, r) {
	let i = r * t.height / t.width, a = yt(e, r, i);
	if (a) {
		if (a.drawImage(xt(t, e.width, e.height), 0, 0, r, i), n.map) {
			let [e, t, o] = n.map, s = gt(o);
			a.drawImage(Tt(s, e, t), 0, 0, r, i);
		} else a.fillStyle = "rgba(0,0,0,.5)", a.fillRect(0, 0, r, i);
	}
}
function Dt(e, t, n, r) {
	let [i, a, o, s] = n, c = r / Math.max(o - i, s - a, 1), l = yt(e, (s - a) * c, (o - i) * c);
	l && (l.fillStyle = "#808080", l.fillRect(0, 0, (s - a) * c, (o - i) * c), l.imageSmoothingEnabled = c < 3, l.drawImage(t, -a * c, -i * c, t.width * c, t.height * c));
}
function Ot(e, t, n) {
	let r = n / Math.max(t.width, t.height, 1), i = yt(e, t.width * r, t.height * r);
	i && (i.imageSmoothingEnabled = r < 3, i.drawImage(t, 0, 0, t.width * r, t.height * r));
}
function kt(e, t, n, r) {
	let i = r * t.height / t.width, a = yt(e, r, i);
	if (!a) return;
	a.drawImage(t, 0, 0, r, i);
	let o = n.rows.length, s = n.rows.flatMap((e) => e ?? Array(n.columns).fill(0)), c = r / t.width, [l, u] = [0, 1].map((e) => (n.size[e] - n.stride[e]) / 2);
	a.fillStyle = "rgba(0,0,0,.84)";
	let [d, f] = [n.columns * n.stride[1] * c, o * n.stride[0] * c], [p, m] = [u * c, l * c];
	a.fillRect(0, 0, r, m), a.fillRect(0, m + f, r, i - m - f), a.fillRect(0, m, p, f), a.fillRect(p + d, m, r - p - d, f), a.imageSmoothingEnabled = n.stride[0] * c < 12, a.drawImage(Tt(s, o, n.columns), p, m, d, f);
}
// src/bench/look.ts
var At = (e) => !e.cover.length && !e.transform && !e.silenced.length, jt = {
	plain: null,
	glance: null,
	picture: null,
	progress: null,
	of: null
};
function Mt(e, t, n, r) {
	let [i, a] = z(jt), o = H(null), s = H(!1), c = H(""), l = H(null), u = async () => {
		if (!s.current) {
			s.current = !0;
			try {
				for (; o.current;) {
					let e = o.current;
					o.current = null;
					try {
						await d(e);
					} catch (e) {
						e instanceof de || r(e);
					}
				}
			} finally {
				s.current = !1, a((e) => e.progress === null ? e : {
					...e,
					progress: null
				});
			}
		}
	}, d = async ({ photo: t, chosen: n }) => {
		let r = {
			kind: "look",
			photo: t.photo,
			moved: n.moved,
			layers: n.layers,
			by: n.by,
			followed: n.followed
		}, i = JSON.stringify(r), o = (e) => a((t) => ({
			...t,
			progress: e
		}));
		if (c.current !== i) {
			let t = await e.one(r, void 0, o);
			c.current = i, l.current = t, At(n) || a((e) => ({
				...e,
				plain: t
			}));
		}
		let s = l.current;
		if (At(n)) {
			a({
				plain: s,
				glance: s,
				picture: null,
				progress: null,
				of: n
			});
			return;
		}
		let u = Object.fromEntries(s.layers.map((e) => [e.name, e.units.map((e) => e.channel)])), d = await e.one({
			...r,
			...st(n),
			units: u
		}, void 0, o), f = d.picture ? await _t(d.picture) : null;
		a({
			plain: s,
			glance: d,
			picture: f,
			progress: null,
			of: n
		});
	};
	return V(() => {
		t ? (o.current = {
			photo: t,
			chosen: n
		}, u()) : a(jt);
	}, [JSON.stringify([
		t?.photo,
		n.moved,
		n.layers,
		n.by,
		n.followed,
		st(n)
	])]), i;
}
// src/bench/words.ts
var Y = (e) => {
	if (e == null) return "–";
	let t = Math.abs(e);
	return t === 0 ? "0" : t >= 1e5 || t < .001 ? e.toExponential(1) : t >= 1e3 ? e.toFixed(0) : String(Number(e.toPrecision(3)));
}, X = (e) => e > 0 ? `+${Y(e)}` : Y(e).replace("-", "−"), Z = (e, t) => {
	if (e == null) return "–";
	if (!t) return Y(e);
	let n = 100 * e;
	return n > 0 && n < .1 ? "< 0.1 %" : `${n.toFixed(1)} %`;
}, Nt = (e) => e.length === 1 ? e[0] : `${e.length} units`, Pt = (e) => `${Math.round(e / (1 << 20))} MB`;
// src/bench/parts/Classes.tsx
function Ft() {
	let { glance: e, about: t, chosen: n, choose: r } = q();
	if (!e) return null;
	let i = n.cover.length || n.transform || n.silenced.length, a = J(t), o = a ? 1 : Math.max(1e-9, ...e.classes.flatMap((e) => [Math.abs(e.score ?? 0), Math.abs(e.before ?? 0)]));
	return /* @__PURE__ */ K("section", {
		class: "panel",
		"aria-labelledby": "classes-title",
		children: [
			/* @__PURE__ */ K("h2", {
				id: "classes-title",
				children: a ? "Classes" : "Answers"
			}),
			e.classes.length === 0 ? /* @__PURE__ */ K("p", {
				class: "note",
				children: ["The output of this network has no meaning that is known: ", t.meaning]
			}) : /* @__PURE__ */ K("ol", {
				class: "answers",
				"aria-label": a ? "The most probable classes" : "The largest answers",
				children: e.classes.map((e) => /* @__PURE__ */ K("li", { children: /* @__PURE__ */ K(It, {
					one: e,
					most: o,
					chosen: n.unit === `${t.output}:${e.channel}`,
					pick: t.outputListed ? () => r({ unit: `${t.output}:${e.channel}` }, "push") : null
				}) }, e.channel))
			}),
			i ? /* @__PURE__ */ K("p", {
				class: "note",
				children: "The line marks the photo as it is."
			}) : null,
			n.silenced.length > 0 && /* @__PURE__ */ K(Lt, {}),
			e.changed && !i && /* @__PURE__ */ K(Rt, {})
		]
	});
}
function It({ one: e, most: t, chosen: n, pick: r }) {
	let { about: i } = q(), a = Z(e.score, J(i)), o = /* @__PURE__ */ K(b, { children: [
		/* @__PURE__ */ K("bdi", {
			class: "answer-name",
			title: e.name,
			children: e.name
		}),
		/* @__PURE__ */ K("span", {
			class: "answer-score",
			children: a
		}),
		/* @__PURE__ */ K("span", {
			class: "answer-bar",
			"aria-hidden": "true",
			children: [/* @__PURE__ */ K("i", { style: { width: `${100 * Math.abs(e.score ?? 0) / t}%` } }), e.before !== void 0 && /* @__PURE__ */ K("b", { style: { left: `${Math.min(100, 100 * Math.abs(e.before) / t)}%` } })]
		}),
		e.before !== void 0 && /* @__PURE__ */ K("span", {
			class: "heard",
			children: [
				", ",
				Z(e.before, J(i)),
				" as it is"
			]
		})
	] });
	return r ? /* @__PURE__ */ K("button", {
		type: "button",
		"aria-pressed": n,
		onClick: r,
		title: "What it takes from the photo",
		children: o
	}) : /* @__PURE__ */ K("div", {
		class: "answer",
		children: o
	});
}
function Lt() {
	let { chosen: e, choose: t } = q();
	return /* @__PURE__ */ K("div", {
		class: "silenced",
		children: [/* @__PURE__ */ K("h3", { children: "Silenced units" }), /* @__PURE__ */ K("ul", {
			class: "chips",
			children: e.silenced.map((n) => /* @__PURE__ */ K("li", { children: /* @__PURE__ */ K("button", {
				class: "chip",
				type: "button",
				onClick: () => t({ silenced: e.silenced.filter((e) => e !== n) }),
				title: "Let it speak again",
				children: [
					n,
					/* @__PURE__ */ K("span", {
						"aria-hidden": "true",
						children: "×"
					}),
					/* @__PURE__ */ K("span", {
						class: "heard",
						children: "let it speak again"
					})
				]
			}) }, n))
		})]
	});
}
function Rt() {
	let { glance: e, about: t, choose: n } = q(), r = e?.changed;
	return r ? /* @__PURE__ */ K("details", {
		class: "changed",
		open: !0,
		children: [
			/* @__PURE__ */ K("summary", { children: ["Changed against ", /* @__PURE__ */ K("bdi", { children: r.name })] }),
			/* @__PURE__ */ K("ul", { children: r.classes.map((e) => /* @__PURE__ */ K("li", { children: [
				/* @__PURE__ */ K("bdi", { children: e.name }),
				" ",
				/* @__PURE__ */ K("span", { children: J(t) ? `${X(100 * (e.now - e.before))} %` : X(e.now - e.before) })
			] }, e.channel)) }),
			/* @__PURE__ */ K("h3", { children: "Units, before and now" }),
			/* @__PURE__ */ K("ul", { children: r.units.map((e) => /* @__PURE__ */ K("li", { children: [
				/* @__PURE__ */ K("button", {
					class: "plain",
					type: "button",
					onClick: () => n({ unit: e.unit }, "push"),
					children: ht(t, e.unit) ?? e.unit
				}),
				" ",
				/* @__PURE__ */ K("span", { children: [
					Y(e.before),
					" → ",
					Y(e.now)
				] })
			] }, e.unit)) })
		]
	}) : null;
}
// src/bench/parts/Curves.tsx
var zt = 360, Bt = 150;
function Vt() {
	let { api: e, held: t, chosen: n, choose: r, about: i, session: a, fail: o } = q(), [s, c] = z(n.transform?.name ?? "rotation"), [l, u] = z(null), d = H(null), f = i.transformations.find((e) => e.name === s) ?? i.transformations[0], p = {
		kind: "curve",
		photo: t?.told.photo,
		moved: n.moved,
		name: s,
		layers: n.layers,
		silenced: n.silenced
	}, m = JSON.stringify(p), h = () => {
		if (l?.key === m) return;
		d.current?.abort();
		let t = new AbortController();
		d.current = t;
		let n = null, r = [];
		e.ask(p, (e) => {
			"amounts" in e ? n = e : r.push(e), n && !t.signal.aborted && u({
				key: m,
				head: n,
				parts: [...r]
			});
		}, t.signal).then(() => n && a.add(Ut(p, n, r, J(i))), (e) => {
			e instanceof de || o(e);
		});
	};
	if (B(() => {
		n.transform && h();
	}, [n.transform !== null, m]), B(() => () => d.current?.abort(), []), !f) return null;
	let g = n.transform?.name === s ? n.transform.amount : f.identity, [_, v] = [Math.min(...f.values), Math.max(...f.values)], y = l?.key === m ? l : null;
	return /* @__PURE__ */ K("section", {
		class: "panel",
		"aria-labelledby": "curves-title",
		children: [
			/* @__PURE__ */ K("div", {
				class: "panel-head",
				children: [/* @__PURE__ */ K("h2", {
					id: "curves-title",
					children: "Move, turn, scale"
				}), n.transform && /* @__PURE__ */ K("button", {
					type: "button",
					onClick: () => r({ transform: null }),
					children: "As it is"
				})]
			}),
			/* @__PURE__ */ K("div", {
				class: "unit-bar",
				children: [
					/* @__PURE__ */ K("label", { children: [/* @__PURE__ */ K("span", {
						class: "heard",
						children: "What is done"
					}), /* @__PURE__ */ K("select", {
						value: s,
						onChange: (e) => {
							c(e.currentTarget.value), r({ transform: null });
						},
						children: i.transformations.map((e) => /* @__PURE__ */ K("option", {
							value: e.name,
							children: e.name
						}, e.name))
					})] }),
					/* @__PURE__ */ K("input", {
						type: "range",
						class: "grow",
						min: _,
						max: v,
						step: (v - _) / 120,
						value: g,
						"aria-label": `${s}, ${f.unit}`,
						"aria-valuetext": `${Y(g)} ${f.unit}`,
						onInput: (e) => {
							let t = Number(e.currentTarget.value);
							r({
								transform: {
									name: s,
									amount: Number(t.toFixed(3))
								},
								cover: []
							});
						}
					}),
					/* @__PURE__ */ K("output", { children: [
						Y(g),
						" ",
						f.unit
					] })
				]
			}),
			y && /* @__PURE__ */ K("p", {
				class: "note",
				children: ["Distance: how far a layer's features are from those of the photo as it is, as a share of their length; 0 is unmoved.", n.silenced.length > 0 && ` With ${Nt(n.silenced)} at zero.`]
			}),
			y ? /* @__PURE__ */ K(Ht, {
				of: y,
				amount: g,
				isProbable: J(i)
			}) : /* @__PURE__ */ K("p", {
				class: "note",
				children: "Move the slider: the photo is changed, and the curves draw themselves."
			})
		]
	});
}
function Ht({ of: e, amount: t, isProbable: n }) {
	let [r, i] = [Math.min(...e.head.amounts), Math.max(...e.head.amounts)], a = e.parts.flatMap((e) => e.values), o = e.parts.flatMap((e) => e.probability), s = e.parts[0]?.targetName ?? "", c = [], l = o.filter((e) => e !== null);
	l.length && c.push({
		words: s,
		class: "line-class",
		of: o,
		top: n ? 1 : Math.max(...l.map(Math.abs), 1e-9)
	}), e.head.layers.forEach((t, n) => {
		let r = e.parts.flatMap((e) => e.relative[t] ?? []);
		c.push({
			words: `distance at ${t}`,
			class: n ? "line-last" : "line-first",
			of: r,
			top: Math.max(1, ...r.map((e) => e ?? 0))
		});
	});
	let u = (e) => (e - r) / (i - r || 1) * zt, d = (e) => e.of.map((t, n) => t === null ? "" : `${n && e.of[n - 1] !== null ? "L" : "M"}${u(a[n]).toFixed(1)} ${(Bt - Bt * t / e.top).toFixed(1)}`).join(""), f = a.reduce((e, n, r) => Math.abs(n - t) < Math.abs((a[e] ?? 1e9) - t) ? r : e, 0);
	return /* @__PURE__ */ K("figure", {
		class: "plot",
		children: [
			/* @__PURE__ */ K("p", {
				class: "note",
				children: "The top of the picture is the first number of each line, its bottom 0; the second is where the slider is."
			}),
			/* @__PURE__ */ K("svg", {
				viewBox: "-6 -6 372 176",
				role: "img",
				"aria-label": `${c.map((e) => e.words).join(", ")} over ${e.head.name}`,
				children: [
					/* @__PURE__ */ K("line", {
						class: "axis",
						x1: "0",
						x2: zt,
						y1: Bt,
						y2: Bt
					}),
					/* @__PURE__ */ K("line", {
						class: "now",
						x1: u(t),
						x2: u(t),
						y1: "0",
						y2: Bt
					}),
					c.map((e) => /* @__PURE__ */ K("path", {
						class: e.class,
						d: d(e)
					}, e.words)),
					/* @__PURE__ */ K("text", {
						x: "0",
						y: 166,
						children: Y(r)
					}),
					/* @__PURE__ */ K("text", {
						x: zt,
						y: 166,
						"text-anchor": "end",
						children: [
							Y(i),
							" ",
							e.head.unit
						]
					})
				]
			}),
			/* @__PURE__ */ K("figcaption", { children: [c.map((e) => /* @__PURE__ */ K("span", {
				class: e.class,
				children: [
					/* @__PURE__ */ K("bdi", { children: e.words }),
					" to ",
					e.class === "line-class" ? Z(e.top, n) : Y(e.top),
					", here ",
					e.class === "line-class" ? Z(e.of[f], n) : Y(e.of[f])
				]
			}, e.words)), a[f] !== void 0 && Math.abs(a[f] - t) > 1e-6 && /* @__PURE__ */ K("span", {
				class: "apart",
				children: [
					"Computed at ",
					Y(a[f]),
					" ",
					e.head.unit,
					", the nearest of the curve."
				]
			})] })
		]
	});
}
function Ut(e, t, n, r) {
	let i = n.flatMap((e) => e.values.map((n, i) => [
		Y(n),
		Z(e.probability[i], r),
		...t.layers.map((t) => Y(e.relative[t]?.[i]))
	]));
	return {
		question: e,
		title: `The photo under ${t.name}`,
		rows: [[
			t.unit,
			n[0]?.targetName || "class",
			...t.layers.map((e) => `distance at ${e}`)
		], ...i],
		pictures: []
	};
}
// src/bench/parts/Followed.tsx
function Wt() {
	let { about: e, glance: t, chosen: n, choose: r } = q();
	return n.followed.length ? /* @__PURE__ */ K("section", {
		class: "followed",
		"aria-label": "Followed units",
		children: [
			/* @__PURE__ */ K("h2", { children: "Followed" }),
			/* @__PURE__ */ K("p", {
				class: "note",
				children: "Each unit's activations summed over its whole map; the line marks the photo as it is."
			}),
			/* @__PURE__ */ K("ul", { children: (t?.followed ?? []).map((t) => {
				let i = Math.max(Math.abs(t.before), Math.abs(t.value), 1e-9);
				return /* @__PURE__ */ K("li", { children: [
					/* @__PURE__ */ K("button", {
						class: "plain",
						type: "button",
						onClick: () => r({ unit: t.unit }, "push"),
						children: ht(e, t.unit) ?? t.unit
					}),
					/* @__PURE__ */ K("span", {
						class: "answer-bar",
						"aria-hidden": "true",
						children: [/* @__PURE__ */ K("i", { style: { width: `${100 * Math.abs(t.value) / i}%` } }), /* @__PURE__ */ K("b", { style: { left: `${100 * Math.abs(t.before) / i}%` } })]
					}),
					/* @__PURE__ */ K("span", {
						class: "number",
						children: [
							Y(t.value),
							" ",
							/* @__PURE__ */ K("span", {
								class: "quiet",
								children: ["of ", Y(t.before)]
							})
						]
					}),
					/* @__PURE__ */ K("button", {
						class: "icon small",
						type: "button",
						"aria-label": `Follow ${t.unit} no longer`,
						onClick: () => r({ followed: n.followed.filter((e) => e !== t.unit) }),
						children: "×"
					})
				] }, t.unit);
			}) })
		]
	}) : null;
}
// src/parts/frame.tsx
var Gt = () => /* @__PURE__ */ K("svg", {
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
});
function Kt({ main: e }) {
	return /* @__PURE__ */ K("a", {
		class: "skip",
		href: "#main",
		onClick: (t) => {
			t.preventDefault(), e()?.focus();
		},
		children: "Skip to content"
	});
}
var qt = ({ theme: e, help: t }) => /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K("button", {
	class: "icon",
	type: "button",
	onClick: e,
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
}), /* @__PURE__ */ K("button", {
	class: "icon",
	type: "button",
	onClick: t,
	"aria-label": "Keyboard",
	title: "Keyboard (?)",
	children: "?"
})] }), Jt = ({ rows: e, class: t }) => /* @__PURE__ */ K("dl", {
	class: t,
	children: e.map(([e, t]) => /* @__PURE__ */ K("div", { children: [/* @__PURE__ */ K("dt", { children: /* @__PURE__ */ K("kbd", { children: e }) }), /* @__PURE__ */ K("dd", { children: t })] }, e))
});
// src/bench/parts/Head.tsx
function Yt({ help: e, theme: t }) {
	let { about: n } = q(), r = U(), i = r.alone && n.atlas !== null;
	return /* @__PURE__ */ K("header", {
		class: "top",
		children: [
			/* @__PURE__ */ K(Kt, { main: () => Ue(r, "main") }),
			/* @__PURE__ */ K("a", {
				class: "brand",
				href: i ? "../" : "#/",
				"aria-label": i ? "convscope: the atlas" : "convscope: an empty bench",
				children: [/* @__PURE__ */ K(Gt, {}), /* @__PURE__ */ K("span", { children: "convscope" })]
			}),
			/* @__PURE__ */ K("nav", {
				class: "sections",
				"aria-label": "Sections",
				children: [i && /* @__PURE__ */ K("a", {
					href: "../",
					children: "Atlas"
				}), /* @__PURE__ */ K("a", {
					href: "#/",
					"aria-current": "page",
					children: "Bench"
				})]
			}),
			/* @__PURE__ */ K("span", {
				class: "of-network",
				title: n.network,
				children: n.network
			}),
			/* @__PURE__ */ K(qt, {
				theme: t,
				help: e
			})
		]
	});
}
// src/bench/parts/Modal.tsx
function Xt({ title: e, close: t, children: n }) {
	let r = H(null);
	return V(() => {
		let e = r.current, t = (e?.getRootNode()).activeElement;
		return e?.showModal(), () => {
			e?.close(), t?.focus?.({ preventScroll: !0 });
		};
	}, []), /* @__PURE__ */ K("dialog", {
		ref: r,
		class: "sheet over",
		"aria-label": e,
		onClose: t,
		onCancel: t,
		onClick: (e) => e.target === r.current && t(),
		children: [/* @__PURE__ */ K("div", {
			class: "over-head",
			children: [/* @__PURE__ */ K("h2", { children: e }), /* @__PURE__ */ K("button", {
				class: "icon",
				type: "button",
				onClick: t,
				"aria-label": "Close",
				children: "×"
			})]
		}), n]
	});
}
// src/bench/parts/Help.tsx
var Zt = [
	["o", "choose a photo; Ctrl+V pastes one"],
	["c", "cover the middle, then the arrow keys move the square (Shift: further)"],
	["b", "brush: the arrow keys move it, Space covers"],
	["Delete", "uncover"],
	["[ ]", "the unit before, the next one of the layer"],
	["f", "follow the unit, or no longer"],
	["m", "silence the unit, or no longer"],
	["s", "sweep the square over the photo, or stop"],
	["e", "contrast of the projection"],
	["d", "light or dark"],
	["Esc", "close; the photo as it is"],
	["?", "this list"]
];
function Qt({ close: e }) {
	return /* @__PURE__ */ K(Xt, {
		title: "Keyboard",
		close: e,
		children: [/* @__PURE__ */ K(Jt, {
			class: "key-list",
			rows: Zt
		}), /* @__PURE__ */ K("p", {
			class: "note",
			children: "Everything else is reached with Tab and pressed with Enter. What you choose is in the address; a photo of your own lives as long as this page, in memory alone."
		})]
	});
}
F(null);
// src/parts/small.tsx
function $t(e) {
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
// src/words.ts
var en = (e, ...t) => t.every((t) => e.some((e) => e.startsWith(t)));
function tn(e, t) {
	let [n, r] = [t.map((t) => t.name.slice(e.length + 1)), t.at(-1)?.op], i = e.slice(e.lastIndexOf(".") + 1);
	return en(n, "squeeze", "expand") ? `fire ${/^\d+$/.test(i) ? i : e}` : r === "cat" && en(n, "branch") ? `inception ${e}` : t.some((e) => e.op === "add") && en(n, "conv") ? `residual block ${e}` : "";
}
function nn(e, t) {
	let [n, r] = e.split("~");
	if (r !== void 0) return r.includes(".") ? "" : `directions of ${n}`;
	let i = e.slice(0, Math.max(0, e.lastIndexOf("."))), a = i ? t.filter((e) => e.name.startsWith(`${i}.`) && !e.name.includes("~")) : [];
	if (a.length < 3 || a.at(-1)?.name !== e) return "";
	let o = tn(i, a);
	return o ? `${o}, output` : `output of ${i}`;
}
// src/bench/keys.ts
function Q(e) {
	let t = U(), n = H(e);
	n.current = e, V(() => {
		let e = (e) => {
			let r = e;
			if (r.defaultPrevented || r.ctrlKey || r.metaKey || r.altKey || qe(r) && r.key !== "Escape" || t.root.querySelector("dialog[open]")) return;
			let i = n.current[Ke(r)];
			i && (r.preventDefault(), i());
		}, r = He(t);
		return r.addEventListener("keydown", e), () => r.removeEventListener("keydown", e);
	}, [t]);
}
// src/bench/parts/Slow.tsx
var rn = 1e3;
function an() {
	let [e, t] = z(!1);
	return B(() => {
		let e = setTimeout(() => t(!0), rn);
		return () => clearTimeout(e);
	}, []), /* @__PURE__ */ K("p", {
		class: "note",
		role: "status",
		children: e ? "Computing… the first answer of each kind takes longer than those after it." : ""
	});
}
// src/bench/parts/Layers.tsx
var on = 104, sn = {
	cat: "concatenation",
	add: "sum"
}, cn = "200px";
function ln() {
	let [e, t] = z(/* @__PURE__ */ new Set()), [n] = z(() => new IntersectionObserver((e) => t((t) => {
		let n = new Set(t);
		for (let { target: t, isIntersecting: r } of e) t.isConnected && n[r ? "delete" : "add"](t.dataset.layer ?? "");
		return n;
	}), { rootMargin: cn })), [r] = z(() => (e) => {
		e && n.observe(e);
	});
	return B(() => {
		let e = () => t(/* @__PURE__ */ new Set());
		return addEventListener("beforeprint", e), () => {
			removeEventListener("beforeprint", e), n.disconnect();
		};
	}, []), [r, (t) => !e.has(t)];
}
function un() {
	let { glance: e, plain: t, chosen: n, choose: r, about: i, held: a } = q(), o = (t) => {
		let i = n.unit && W(n.unit), a = e?.layers.flatMap((e) => e.units.map((t) => `${e.name}:${t.channel}`)) ?? [], o = i ? a.indexOf(`${i.layer}:${i.channel}`) : -1, s = a[Math.min(Math.max(o + t, 0), a.length - 1)];
		s && r({ unit: s });
	};
	Q({
		"[": () => o(-1),
		"]": () => o(1)
	}), V(() => {
		e && a && mt("glance");
	}, [e, a?.crop]);
	let [s, c] = ln(), l = e?.layers.map((e) => c(e.name)).join(), u = je(() => e?.layers.map((e, o) => {
		let l = new Map(t?.layers[o]?.units.map((e) => [e.channel, e.value]));
		return /* @__PURE__ */ K("div", {
			class: "layer-row",
			ref: s,
			"data-layer": e.name,
			children: [/* @__PURE__ */ K("h3", { children: [
				/* @__PURE__ */ K("bdi", { children: e.name }),
				" ",
				/* @__PURE__ */ K("small", { children: [sn[i.layers.find((t) => t.name === e.name)?.op ?? ""] ?? i.layers.find((t) => t.name === e.name)?.op, nn(e.name, i.layers)].filter(Boolean).join(", ") })
			] }), /* @__PURE__ */ K("ul", { children: e.units.map((t, o) => /* @__PURE__ */ K("li", { children: /* @__PURE__ */ K(dn, {
				layer: e.name,
				unit: t,
				before: l.get(t.channel),
				photo: a?.crop,
				unitNow: n.unit,
				silenced: n.silenced,
				choose: r,
				called: ht(i, `${e.name}:${t.channel}`),
				seen: c(e.name)
			}) }, o)) })]
		}, e.name);
	}), [
		e,
		t,
		a?.crop,
		n.unit,
		n.silenced,
		l
	]);
	return !e || !a ? /* @__PURE__ */ K("div", {
		class: "loading quiet",
		children: [/* @__PURE__ */ K("p", {
			role: "status",
			children: "Looking…"
		}), /* @__PURE__ */ K(an, {})]
	}) : /* @__PURE__ */ K("section", {
		"aria-labelledby": "layers-title",
		children: [
			/* @__PURE__ */ K("div", {
				class: "middle-head",
				children: [
					/* @__PURE__ */ K("h2", {
						id: "layers-title",
						children: "Strongest units"
					}),
					/* @__PURE__ */ K(fn, {}),
					i.atlas && /* @__PURE__ */ K($t, {
						label: "What is strong",
						value: n.by,
						options: [["activation", "by activation"], ["atlas", "by share of its maximum"]],
						change: (e) => r({ by: e })
					})
				]
			}),
			/* @__PURE__ */ K("p", {
				class: "note",
				children: "The photo is bright where a unit responds. Below stand the unit's number in its layer, and its strongest response."
			}),
			u
		]
	});
}
function dn({ layer: e, unit: t, before: n, photo: r, unitNow: i, silenced: a, choose: o, called: s, seen: c }) {
	if (!r) return null;
	let l = `${e}:${t.channel}`, u = n != null && t.value !== null && Math.abs(n - t.value) > .001 * Math.abs(n);
	return /* @__PURE__ */ K("button", {
		type: "button",
		class: "tile-button",
		"aria-pressed": i !== null && G(i) === l,
		"data-silenced": a.includes(l),
		onClick: () => o({ unit: l }, "push"),
		children: [
			/* @__PURE__ */ K(ft, {
				draw: (e) => c && Et(e, r, t, on),
				of: [
					r,
					t.channel,
					t.map?.[2],
					c
				]
			}),
			/* @__PURE__ */ K("span", {
				class: "caption",
				children: [/* @__PURE__ */ K("b", { children: [/* @__PURE__ */ K("span", {
					class: "heard",
					children: [e, ":"]
				}), t.channel] }), /* @__PURE__ */ K("span", {
					class: u ? "fallen" : "",
					children: Y(t.value)
				})]
			}),
			s !== null && /* @__PURE__ */ K("small", {
				class: "called",
				children: /* @__PURE__ */ K("bdi", {
					class: "name",
					children: s
				})
			}),
			(u || a.includes(l)) && /* @__PURE__ */ K("span", {
				class: "heard",
				children: [u ? `${Y(n)} as it is ` : "", a.includes(l) ? "silenced" : ""]
			})
		]
	});
}
function fn() {
	let { about: e, chosen: t, choose: n } = q(), [r, i] = z(!1), a = t.layers.length ? t.layers : e.shown, o = (t, r) => {
		let i = new Set(r ? [...a, t] : a.filter((e) => e !== t)), o = e.layers.map((e) => e.name).filter((e) => i.has(e));
		o.length > 0 && o.length <= 16 && n({ layers: o.join() === e.shown.join() ? [] : o });
	};
	return /* @__PURE__ */ K("details", {
		class: "layer-choice",
		open: r,
		onToggle: (e) => i(e.currentTarget.open),
		children: [/* @__PURE__ */ K("summary", { children: [a.length, " layers"] }), r && /* @__PURE__ */ K("ul", { children: e.layers.map((e) => /* @__PURE__ */ K("li", { children: /* @__PURE__ */ K("label", { children: [
			/* @__PURE__ */ K("input", {
				type: "checkbox",
				checked: a.includes(e.name),
				onChange: (t) => o(e.name, t.currentTarget.checked)
			}),
			" ",
			/* @__PURE__ */ K("bdi", { children: e.name }),
			" ",
			/* @__PURE__ */ K("small", { children: [
				e.channels,
				" × ",
				e.height,
				" × ",
				e.width
			] })
		] }) }, e.name)) })]
	});
}
// src/bench/photos.ts
function pn(e, t) {
	let n = U(), [r, i] = z(!1), [a, o] = z(!1), s = H(0), c = H(t);
	c.current = t;
	let l = (e) => {
		let t = ++s.current;
		i(!0), e.then((e) => t === s.current && c.current.taken(e), (e) => t === s.current && c.current.fail(e)).finally(() => t === s.current && i(!1));
	}, u = (t, n) => l(e.upload(t, n));
	return B(() => {
		let e = (e) => {
			let t = e, r = [...t.clipboardData?.files ?? []][0];
			r && (t.preventDefault(), n.alone || t.stopPropagation(), u(r, r.name || "pasted"));
		}, t = He(n);
		return t.addEventListener("paste", e), () => t.removeEventListener("paste", e);
	}, [n]), {
		busy: r,
		over: a,
		file: u,
		number: (t) => l(e.choose(t)),
		drop: {
			onDragOver: (e) => {
				e.preventDefault(), o(!0);
			},
			onDragLeave: (e) => {
				e.currentTarget.contains(e.relatedTarget) || o(!1);
			},
			onDrop: (e) => {
				e.preventDefault(), o(!1);
				let t = e.dataTransfer?.files[0];
				t ? u(t, t.name) : c.current.fail(/* @__PURE__ */ Error("What was dropped is no file: save the picture and drop that, or paste it."));
			}
		}
	};
}
function mn(e) {
	return window.isSecureContext ? navigator.mediaDevices?.getUserMedia ? null : "This browser gives no page a camera." : `Browsers give pages the camera on localhost or over https alone${e ? ": open the bench at http://127.0.0.1 or http://localhost." : ", and this notebook is at neither."}`;
}
// src/bench/parts/Camera.tsx
function hn({ close: e, taken: t }) {
	let n = H(null), { alone: r } = U(), [i, a] = z(mn(r)), [o, s] = z(!1);
	return B(() => {
		if (i) return;
		let e = null, t = !0;
		return navigator.mediaDevices.getUserMedia({
			video: { width: { ideal: 1280 } },
			audio: !1
		}).then((r) => {
			e = r, t ? n.current && (n.current.srcObject = r, n.current.play()) : r.getTracks().forEach((e) => e.stop());
		}, (e) => a(e.name === "NotAllowedError" ? "The browser was not allowed to use the camera." : `There is no camera to use: ${e.message}`)), () => {
			t = !1, e?.getTracks().forEach((e) => e.stop());
		};
	}, []), /* @__PURE__ */ K(Xt, {
		title: "Camera",
		close: e,
		children: i ? /* @__PURE__ */ K("p", {
			role: "alert",
			children: i
		}) : /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K("video", {
			ref: n,
			class: "camera",
			muted: !0,
			playsInline: !0,
			onLoadedData: () => s(!0),
			"aria-label": "What the camera sees"
		}), /* @__PURE__ */ K("button", {
			type: "button",
			disabled: !o,
			onClick: () => {
				let e = n.current;
				if (!e) return;
				let r = document.createElement("canvas");
				r.width = e.videoWidth, r.height = e.videoHeight, r.getContext("2d")?.drawImage(e, 0, 0), r.toBlob((e) => e && t(e), "image/png");
			},
			children: "Take the picture"
		})] })
	});
}
// src/bench/parts/Collection.tsx
function gn({ close: e, chosen: t }) {
	let { api: n, about: r, fail: i } = q(), [a, o] = z(""), [s, c] = z([]), [l, u] = z(null), d = (e, t, r = () => !0) => {
		n.images(e, a).then((e) => {
			r() && (c([...t, ...e.images]), u(e.next));
		}, i);
	};
	return B(() => {
		let e = !0, t = setTimeout(() => d(0, [], () => e), 150);
		return () => {
			e = !1, clearTimeout(t);
		};
	}, [a]), /* @__PURE__ */ K(Xt, {
		title: "The collection",
		close: e,
		children: [
			/* @__PURE__ */ K("p", {
				class: "note",
				children: r.collection?.said
			}),
			/* @__PURE__ */ K("input", {
				type: "search",
				value: a,
				onInput: (e) => o(e.currentTarget.value),
				placeholder: "part of a name",
				"aria-label": "Find an image by a part of its name"
			}),
			/* @__PURE__ */ K("ul", {
				class: "shelf",
				children: s.map((e) => /* @__PURE__ */ K("li", { children: /* @__PURE__ */ K("button", {
					type: "button",
					onClick: () => t(e.number),
					children: [/* @__PURE__ */ K(_n, { number: e.number }), /* @__PURE__ */ K("small", { children: /* @__PURE__ */ K("bdi", { children: e.name }) })]
				}) }, e.number))
			}),
			s.length === 0 && /* @__PURE__ */ K("p", {
				class: "quiet",
				children: "Nothing is called so."
			}),
			l !== null && /* @__PURE__ */ K("button", {
				type: "button",
				onClick: () => d(l, s),
				children: "More"
			})
		]
	});
}
function _n({ number: e }) {
	let { api: t } = q(), [n, r] = z(null);
	return B(() => {
		let n = null, i = !0;
		return t.thumb(e).then((e) => {
			i && (n = URL.createObjectURL(e), r(n));
		}, () => void 0), () => {
			i = !1, n && URL.revokeObjectURL(n);
		};
	}, [e]), n ? /* @__PURE__ */ K("img", {
		src: n,
		alt: ""
	}) : /* @__PURE__ */ K("span", { class: "no-thumb" });
}
// src/bench/session.ts
var vn = 1500, yn = ({ cover: e, transform: t, ...n }) => {
	let { at: r, ...i } = e ?? { at: [] };
	return JSON.stringify([
		n,
		i,
		r.length,
		t?.name
	]);
}, bn = class {
	steps = [];
	added = /* @__PURE__ */ new WeakMap();
	add(e, t = Date.now()) {
		let [n, r] = [JSON.stringify(e.question), yn(e.question)], i = (e) => yn(e.question) === r && t - (this.added.get(e) ?? 0) < vn;
		this.steps = [...this.steps.filter((e) => JSON.stringify(e.question) !== n && !i(e)), e].slice(-200), this.added.set(e, t);
	}
	clear() {
		this.steps = [];
	}
}, xn = (e) => `data:image/png;base64,${e}`, Sn = (e, t, n, r) => ({
	question: e,
	title: t,
	rows: [[
		"class",
		"now",
		"as it is"
	], ...n.map((e) => [
		e.name,
		Z(e.score, r),
		e.before === void 0 ? "" : Z(e.before, r)
	])],
	pictures: []
}), Cn = (e, t, n) => ({
	question: e,
	title: `What ${t.name ? `“${t.name}” (${t.unit})` : t.unit} takes from the photo`,
	rows: [[
		"activation",
		"box y0 x0 y1 x1",
		"shown as black and white",
		"on the way"
	], [
		Y(t.value),
		t.box.join(" "),
		`± ${Y(t.scale)}`,
		t.report
	]],
	pictures: [[n, "its receptive field"], [xn(t.projection), "its projection"]]
}), wn = (e, t) => ({
	question: e,
	title: `What fed ${t.unit} from ${t.layer}`,
	rows: [[
		"unit",
		"gives",
		"its activation"
	], ...t.nodes.map((e) => [
		e.unit,
		X(e.amount),
		Y(e.value)
	])],
	pictures: []
}), $ = (e) => e.replace(/[&<>"']/g, (e) => `&#${e.charCodeAt(0)};`), Tn = (e) => e.length ? `<table><thead><tr>${(e[0] ?? []).map((e) => `<th scope="col">${$(e)}</th>`).join("")}</tr></thead><tbody>${e.slice(1).map((e) => `<tr>${e.map((e) => `<td>${$(e)}</td>`).join("")}</tr>`).join("")}</tbody></table>` : "", En = ([e, t]) => {
	let n = typeof e == "string" ? e : e();
	return /^data:image\/(png|jpeg);base64,[A-Za-z0-9+/=]+$/.test(n) ? `<figure><img src="${n}" alt="${$(t)}"><figcaption>${$(t)}</figcaption></figure>` : "";
}, Dn = ":root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}section{border-top:1px solid #8886;padding:1rem 0;overflow-x:auto}pre{overflow-x:auto}td,th{white-space:nowrap}h2{font-size:1.05rem}figure{display:inline-block;margin:0 1rem 0 0}img{width:224px;max-width:100%;image-rendering:pixelated;background:#808080}figcaption,small{opacity:.75;font-size:.85rem}table{border-collapse:collapse;margin:.6rem 0}td,th{text-align:left;padding:.15rem 1rem .15rem 0;border-bottom:1px solid #8884}";
function On({ kind: e, unit: t, moved: n, transform: r, cover: i, silenced: a }) {
	let [o = 0, s = 0] = n ?? [], c = r, l = i, u = [
		o || s ? `the crop moved by ${o}, ${s} px` : "",
		c ? `${c.name} ${Y(c.amount)}` : "",
		l?.at.length && e !== "sweep" ? `${l.size} px covered (${l.fill}) around ${l.at[0]?.join(", ")}${l.at.length > 1 ? ` and ${l.at.length - 1} places more` : ""}` : "",
		...(a ?? []).filter((e) => G(String(t)) !== G(e)).map((e) => `${e} silenced`)
	].filter(Boolean);
	return u.length ? `With ${u.join("; ")}.` : "";
}
function kn(e, t, n, r) {
	let i = (e) => e && `<p>${$(e)}</p>`, a = e.map((e) => `<section><h2>${$(e.title)}</h2>${i(On(e.question))}${e.pictures.map(En).join("")}${Tn(e.rows)}</section>`);
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${$(n.name)} on the bench</title><style>${Dn}</style></head><body>
<h1>${$(n.name)}</h1><p>${$(t.network)} · input ${t.input.join(" × ")} · ${$(t.recipe)}</p>
${En([n.picture, "the photo as the network sees it"])}
${a.join("\n")}
<section><h2>The Python that repeats it</h2><pre>${$(r)}</pre></section>
<p><small>Made with the bench of convscope.</small></p></body></html>
`;
}
// src/bench/parts/Export.tsx
function An() {
	let { api: e, about: t, held: n, chosen: r, glance: i, session: a, fail: o, say: s } = q();
	if (!n) return null;
	let c = n.told.name.normalize("NFD").replace(/\p{M}/gu, "").replace(/\.\w{1,5}$/, "").replace(/^.*[/\\]/, "") || "photo", l = async () => {
		let t = [...a.steps.map((e) => e.question), ct(r)].slice(-200);
		return (await e.one({
			kind: "python",
			photo: n.told.photo,
			moved: r.moved,
			steps: t
		})).python;
	}, u = () => {
		let e = document.createElement("canvas");
		return e.width = n.crop.width, e.height = n.crop.height, e.getContext("2d")?.drawImage(n.crop, 0, 0), e.toDataURL("image/png");
	}, d = (e) => {
		l().then((o) => {
			if (e === "py") Je(`${c}.py`, o, "text/x-python");
			else {
				let e = u(), s = [...i ? [Sn(ct(r), "What the network answers", i.classes, J(t))] : [], ...a.steps.filter((e) => JSON.stringify(e.question) !== JSON.stringify(ct(r)))];
				Je(`${c}.html`, kn(s, t, {
					name: n.told.name,
					picture: e
				}, o), "text/html");
			}
			s(e === "py" ? "Python saved" : "Page saved");
		}, o);
	};
	return /* @__PURE__ */ K("span", {
		class: "export",
		role: "group",
		"aria-label": "Save the session",
		children: [
			/* @__PURE__ */ K("span", {
				class: "quiet",
				"aria-hidden": "true",
				children: "Save"
			}),
			/* @__PURE__ */ K("button", {
				type: "button",
				onClick: () => d("html"),
				title: "One page with the pictures and numbers of this session",
				children: "HTML"
			}),
			/* @__PURE__ */ K("button", {
				type: "button",
				onClick: () => d("py"),
				title: "The program that repeats this session",
				children: "Python"
			})
		]
	});
}
// src/bench/cover.ts
function jn(e, t, n, r) {
	let i = new Path2D();
	for (let [a, o] of e) n ? (i.moveTo((o + t / 2) * r, a * r), i.arc(o * r, a * r, t / 2 * r, 0, 7)) : i.rect(Math.round(o - t / 2) * r, Math.round(a - t / 2) * r, t * r, t * r);
	return i;
}
var Mn = /* @__PURE__ */ new WeakMap();
function Nn(e) {
	let t = Mn.get(e);
	if (t) return t;
	let n = new OffscreenCanvas(1, 1).getContext("2d");
	n.imageSmoothingQuality = "high", n.drawImage(e, 0, 0, 1, 1);
	let [r, i, a] = n.getImageData(0, 0, 1, 1).data, o = `rgb(${r},${i},${a})`;
	return Mn.set(e, o), o;
}
function Pn(e, t, n, r, i, a, o) {
	if (e.save(), r === "blur") {
		let { width: r, height: i } = e.canvas;
		e.clip(n), e.drawImage(xt(t, r, i, a / 2 * (r / t.width)), 0, 0, t.width * o, t.height * o);
	} else e.fillStyle = r === "grey" ? i : Nn(t), e.fill(n);
	e.restore();
}
function Fn(e, t, n) {
	if (!t) return e;
	let r = document.createElement("canvas");
	r.width = e.width, r.height = e.height;
	let i = r.getContext("2d");
	return i.drawImage(e, 0, 0), Pn(i, e, jn(t.at, t.size, t.shape === "disc", 1), t.fill, `rgb(${n.join(",")})`, t.size, 1), r;
}
// src/bench/parts/Stage.tsx
var In = (e, t, n) => Math.min(Math.max(e, t), n);
function Ln({ busy: e }) {
	let { held: t, chosen: n, choose: r, about: i } = q(), a = H(null), o = H(null), [s, c] = z(0), [l, u] = z([Math.round(i.input[1] / 2), Math.round(i.input[2] / 2)]), d = H(null), f = n.tool === "crop";
	V(() => {
		let e = o.current;
		if (!e) return;
		let t = new ResizeObserver(() => c(e.clientWidth));
		return t.observe(e), c(e.clientWidth), () => t.disconnect();
	}, []);
	let p = f ? t?.whole : t?.crop, m = p ? s / p.width : 1;
	if (V(() => {
		if (!a.current || !p || !t || s < 1) return;
		let e = yt(a.current, s, p.height * m);
		if (e) {
			if (e.drawImage(xt(p, a.current.width, a.current.height), 0, 0, s, p.height * m), f) {
				let [r, i, a, o] = Rn(t.told, n.moved), c = new Path2D();
				c.rect(0, 0, s, p.height * m), c.rect(i * m, r * m, o * m, a * m), e.fillStyle = "rgba(0,0,0,.55)", e.fill(c, "evenodd");
			} else if (n.cover.length) {
				let t = `rgb(${i.grey.join(",")})`;
				Pn(e, p, jn(n.cover, n.size, n.tool === "brush", m), n.fill, t, n.size, m);
			}
		}
	}, [
		p,
		s,
		m,
		n.cover,
		n.size,
		n.fill,
		n.tool,
		n.moved[0],
		n.moved[1]
	]), !t || !p) return /* @__PURE__ */ K("div", {
		ref: o,
		class: "stage"
	});
	let h = (e) => {
		let t = a.current.getBoundingClientRect();
		return [In(Math.round((e.clientY - t.top) / t.height * p.height), 0, p.height), In(Math.round((e.clientX - t.left) / t.width * p.width), 0, p.width)];
	}, g = (e) => {
		let [n, i] = t.told.rooms.map(([t, n], r) => In(e[r], t, n));
		r({
			moved: [n, i],
			cover: []
		});
	}, _ = (e) => {
		if (e.button !== 0) return;
		e.currentTarget.setPointerCapture(e.pointerId);
		let t = h(e);
		d.current = {
			at: t,
			moved: n.moved
		}, f || r({ cover: n.tool === "brush" ? [...n.cover, t] : [t] }), o.current?.querySelector("button")?.focus({ preventScroll: !0 }), e.preventDefault();
	}, v = (e) => {
		let t = d.current;
		if (!t) return;
		let i = h(e);
		f ? g([t.moved[0] - t.at[0] + i[0], t.moved[1] - t.at[1] + i[1]]) : n.tool === "square" ? r({ cover: [i] }) : r({ cover: [...n.cover, ...zn(n.cover.at(-1) ?? i, i, n.size)].slice(-4e3) }), u(i);
	}, y = () => {
		d.current = null;
	}, b = f ? n.moved : n.tool === "brush" ? l : n.cover[0] ?? l, x = (e) => {
		let t = e.shiftKey ? 8 : 1, i = {
			ArrowUp: [-t, 0],
			ArrowDown: [t, 0],
			ArrowLeft: [0, -t],
			ArrowRight: [0, t]
		}[e.key];
		if (i) {
			let e = [b[0] + i[0], b[1] + i[1]], t = [In(e[0], 0, p.height), In(e[1], 0, p.width)];
			f ? g(e) : n.tool === "square" ? r({ cover: [t] }) : u(t);
		} else if ((e.key === " " || e.key === "Enter") && !f) r({ cover: n.tool === "brush" ? [...n.cover, b] : [b] });
		else return;
		e.preventDefault(), e.stopPropagation();
	}, [S, C, w, T] = f ? Rn(t.told, n.moved) : [
		b[0] - n.size / 2,
		b[1] - n.size / 2,
		n.size,
		n.size
	], E = f ? `The crop, moved ${n.moved[0]} down and ${n.moved[1]} right` : `${n.tool === "brush" ? "The brush" : "The covering square"} at row ${b[0]}, column ${b[1]}${n.cover.length ? "" : ", covering nothing yet"}`;
	return /* @__PURE__ */ K("div", {
		ref: o,
		class: "stage",
		onPointerDown: _,
		onPointerMove: v,
		onPointerUp: y,
		onPointerCancel: y,
		children: [
			/* @__PURE__ */ K("canvas", {
				ref: a,
				role: "img",
				"aria-label": `${t.told.name}, as the network sees it`
			}),
			/* @__PURE__ */ K("button", {
				id: "handle",
				type: "button",
				class: "handle",
				"data-idle": !f && !n.cover.length,
				"data-disc": n.tool === "brush",
				style: {
					transform: `translate(${C * m}px,${S * m}px)`,
					height: `${w * m}px`,
					width: `${T * m}px`
				},
				"aria-label": `${E}. The arrow keys move it.`,
				onKeyDown: x
			}),
			e !== null && e > .05 && e < 1 && /* @__PURE__ */ K("progress", {
				class: "stage-busy",
				value: e,
				"aria-label": "The network computes"
			})
		]
	});
}
function Rn(e, t) {
	let [n, r, i, a] = e.crop;
	return [
		n + t[0],
		r + t[1],
		i,
		a
	];
}
function zn(e, t, n) {
	let r = Math.max(1, Math.ceil(Math.hypot(t[0] - e[0], t[1] - e[1]) / Math.max(1, n / 4)));
	return Array.from({ length: r }, (n, i) => [0, 1].map((n) => Math.round(e[n] + (t[n] - e[n]) * (i + 1) / r)));
}
// src/bench/parts/PhotoPanel.tsx
var Bn = [
	["square", "Square"],
	["brush", "Brush"],
	["crop", "Crop"]
], Vn = [
	["grey", "grey"],
	["mean", "mean"],
	["blur", "blur"]
], Hn = {
	square: "Drag over the photo: the square covers a part, and everything answers as you go.",
	brush: "Paint over what the network shall not see.",
	crop: "Drag the frame to where the network looks."
};
function Un({ taking: e, progress: t, gone: n }) {
	let { held: r, about: i } = q(), { alone: a } = U(), [o, s] = z(!1), [c, l] = z(!1), u = H(null);
	return /* @__PURE__ */ K("section", {
		class: "panel photo",
		"aria-labelledby": "photo-title",
		children: [
			/* @__PURE__ */ K("div", {
				class: "photo-head",
				children: [/* @__PURE__ */ K("h2", {
					id: "photo-title",
					children: r ? /* @__PURE__ */ K("bdi", {
						title: r.told.name,
						children: r.told.name
					}) : "A photo"
				}), r && /* @__PURE__ */ K(An, {})]
			}),
			r ? /* @__PURE__ */ K(Ln, { busy: t }) : /* @__PURE__ */ K(Wn, {
				over: e.over,
				busy: e.busy,
				gone: n
			}),
			/* @__PURE__ */ K("div", {
				class: "sources",
				children: [
					/* @__PURE__ */ K("label", {
						class: "button",
						children: ["Choose a file", /* @__PURE__ */ K("input", {
							id: "file",
							ref: u,
							type: "file",
							accept: "image/*,.npy,.dcm,.tif,.tiff",
							onChange: (t) => {
								let n = t.currentTarget.files?.[0];
								n && e.file(n, n.name), t.currentTarget.value = "";
							}
						})]
					}),
					/* @__PURE__ */ K("button", {
						type: "button",
						onClick: () => s(!0),
						title: mn(a) ?? "",
						children: "Camera"
					}),
					i.collection && /* @__PURE__ */ K("button", {
						type: "button",
						onClick: () => l(!0),
						children: "Collection"
					}),
					e.busy && /* @__PURE__ */ K("span", {
						class: "quiet",
						role: "status",
						children: "Reading…"
					})
				]
			}),
			r && /* @__PURE__ */ K(Gn, {}),
			o && /* @__PURE__ */ K(hn, {
				close: () => s(!1),
				taken: (t) => {
					s(!1), e.file(t, "camera.png");
				}
			}),
			c && /* @__PURE__ */ K(gn, {
				close: () => l(!1),
				chosen: (t) => {
					l(!1), e.number(t);
				}
			})
		]
	});
}
function Wn({ over: e, busy: t, gone: n }) {
	let { about: r } = q(), { alone: i } = U(), a = J(r) ? "its classes" : "what it answers";
	return /* @__PURE__ */ K("div", {
		class: "drop",
		"data-over": e,
		children: [
			/* @__PURE__ */ K("p", {
				class: "drop-title",
				children: t ? "Reading the photo…" : e ? "Let it go" : "Drop a photo here"
			}),
			/* @__PURE__ */ K("p", { children: "or paste one (Ctrl+V), or choose it below." }),
			n && /* @__PURE__ */ K("p", {
				role: "status",
				children: "Your own photo lived as long as the page: choose it again. What else was chosen is in the address."
			}),
			/* @__PURE__ */ K("p", {
				class: "note",
				children: [
					"At once you see ",
					a,
					", the strongest units of each layer, and what any of them takes from the photo. ",
					i ? "It stays on this machine, in memory alone" : "It goes to the notebook's kernel, and stays in its memory alone",
					": at most ",
					Pt(r.limits.bytes),
					" and ",
					Math.round(r.limits.pixels / 1e6),
					" megapixels."
				]
			})
		]
	});
}
function Gn() {
	let { chosen: e, choose: t, about: n, held: r } = q(), i = U(), [, a, o] = n.input, s = r?.told.rooms.some(([e, t]) => e !== t) ?? !1 ? Bn : Bn.slice(0, 2), c = [Math.round(a / 2), Math.round(o / 2)], l = (e) => {
		t({
			tool: e,
			cover: e === "square" ? [c] : []
		}), requestAnimationFrame(() => Ue(i, "handle")?.focus());
	};
	return Q({
		c: () => l("square"),
		b: () => l("brush"),
		Delete: () => t({ cover: [] })
	}), /* @__PURE__ */ K("div", {
		class: "tools",
		children: [
			/* @__PURE__ */ K($t, {
				label: "What dragging does",
				value: e.tool,
				options: s,
				change: (e) => t({
					tool: e,
					cover: []
				})
			}),
			e.tool !== "crop" && /* @__PURE__ */ K(b, { children: [/* @__PURE__ */ K($t, {
				label: "What covers",
				value: e.fill,
				options: Vn,
				change: (e) => t({ fill: e })
			}), /* @__PURE__ */ K("label", {
				class: "size",
				children: [
					/* @__PURE__ */ K("span", { children: "Size" }),
					/* @__PURE__ */ K("input", {
						type: "range",
						min: Math.max(2, Math.round(Math.min(a, o) / 16)),
						max: Math.round(Math.min(a, o) * .75),
						value: e.size,
						onInput: (e) => t({ size: Number(e.currentTarget.value) })
					}),
					/* @__PURE__ */ K("output", { children: [e.size, " px"] })
				]
			})] }),
			/* @__PURE__ */ K("p", {
				class: "note",
				children: [
					Hn[e.tool],
					" ",
					e.cover.length > 0 && /* @__PURE__ */ K("button", {
						class: "plain",
						type: "button",
						onClick: () => t({ cover: [] }),
						children: "Uncover"
					}),
					e.tool === "crop" && (e.moved[0] !== 0 || e.moved[1] !== 0) && /* @__PURE__ */ K("button", {
						class: "plain",
						type: "button",
						onClick: () => t({ moved: [0, 0] }),
						children: "Back to the middle"
					})
				]
			})
		]
	});
}
// src/bench/parts/Contrast.tsx
var Kn = [
	"1",
	"2",
	"4"
];
function qn() {
	let { root: e } = U(), [t, n] = z(Xe.get("boost") ?? "1"), r = (t) => {
		Ye(e, t), Xe.set("boost", t), n(t);
	};
	return Q({ e: () => r(Kn[(Kn.indexOf(t) + 1) % Kn.length] ?? "1") }), /* @__PURE__ */ K("span", {
		class: "contrast",
		children: [/* @__PURE__ */ K("span", {
			"aria-hidden": "true",
			children: "Contrast"
		}), /* @__PURE__ */ K($t, {
			label: "Contrast of the projection",
			value: t,
			options: Kn.map((e) => [e, `${e}×`]),
			change: r
		})]
	});
}
// src/bench/parts/Causes.tsx
function Jn({ unit: e, settled: t, photo: n, walk: r }) {
	let { about: i, held: a, session: o } = q(), [s, c] = z(null);
	if (pt({
		kind: "causes",
		photo: a?.told.photo,
		unit: e,
		...t
	}, async (t, n, r) => {
		try {
			let i = await t.one(n, r);
			c({
				of: e,
				told: i,
				first: !1
			}), o.add(wn(n, i));
		} catch (t) {
			if (!t.message.includes("is the first layer")) throw t;
			c({
				of: e,
				told: null,
				first: !0
			});
		}
	}), !s) return null;
	if (s.first) return /* @__PURE__ */ K("p", {
		class: "note",
		children: "The first layer: pixels alone feed it, as the projection shows."
	});
	let l = s.told, u = Math.max(1e-9, ...l.nodes.map((e) => Math.abs(e.amount))), { balance: d } = l, f = Object.values(d.others).reduce((e, t) => e + t, 0);
	return /* @__PURE__ */ K("div", {
		class: "causes",
		"data-late": s.of !== e,
		children: [
			/* @__PURE__ */ K("h3", { children: ["What fed it, from ", /* @__PURE__ */ K("bdi", { children: l.layer })] }),
			/* @__PURE__ */ K("ul", { children: l.nodes.map((e) => /* @__PURE__ */ K("li", { children: /* @__PURE__ */ K("button", {
				type: "button",
				onClick: () => r(s.of, e.unit),
				title: "Walk on to this unit",
				children: [
					/* @__PURE__ */ K("span", {
						class: "cause-picture",
						children: e.box && /* @__PURE__ */ K(ft, {
							draw: (t) => Dt(t, n, e.box, 40),
							of: [n, e]
						})
					}),
					/* @__PURE__ */ K("span", {
						class: "cause-name",
						children: [
							/* @__PURE__ */ K("span", {
								class: "heard",
								children: [l.layer, ":"]
							}),
							ht(i, e.unit) ?? G(e.unit).slice(l.layer.length + 1),
							W(e.unit)?.at && /* @__PURE__ */ K("small", {
								class: "quiet",
								children: [" at ", W(e.unit)?.at?.join(", ")]
							})
						]
					}),
					/* @__PURE__ */ K("span", {
						class: "cause-bar",
						"data-against": e.amount < 0,
						children: /* @__PURE__ */ K("i", { style: { width: `${100 * Math.abs(e.amount) / u}%` } })
					}),
					/* @__PURE__ */ K("span", {
						class: "number",
						children: X(e.amount)
					})
				]
			}) }, e.unit)) }),
			/* @__PURE__ */ K("p", {
				class: "note",
				children: [
					"What each gives is its activation times the signal that is carried back to it. Adds up: ",
					Y(d.amount),
					" is ",
					Y(d.parts),
					" from all units of the layer",
					f ? `, ${X(f)} by other ways` : "",
					", ",
					X(d.biases),
					" from biases",
					l.curved ? `, ${X(d.remainder)} not accounted for (curved: ${l.curved})` : "",
					"."
				]
			})
		]
	});
}
// src/bench/parts/NineBest.tsx
var Yn = 150;
function Xn({ layer: e, channel: t }) {
	let { about: n, api: r } = q(), i = t.includes("-") ? void 0 : n.atlas?.layers[e], a = n.atlas && i ? n.atlas.sprite.replace("{layer}", encodeURIComponent(i.id)).replace("{channel}", t) : null, [o, s] = z({
		path: "",
		url: ""
	}), c = a === null ? "" : r.picture(a);
	if (B(() => {
		a !== null && typeof c != "string" && c.then((e) => s({
			path: a,
			url: e
		}), () => void 0);
	}, [a]), a === null || !i) return null;
	let l = typeof c == "string" ? c : o.path === a ? o.url : "", { sprite: u } = i, d = u.columns * u.pitchX, f = Yn / d, p = (n, r) => /* @__PURE__ */ K("figure", { children: [/* @__PURE__ */ K("span", {
		class: n ? "tile projection" : "tile",
		role: "img",
		"aria-label": `${r} of ${e}:${t} in the atlas`,
		style: {
			width: `${Yn}px`,
			height: `${u.rows * u.pitchY * f}px`,
			backgroundImage: l && `url("${l}")`,
			backgroundPosition: `${-n * d * f}px 0`,
			backgroundSize: `${u.panels * d * f}px ${u.rows * u.pitchY * f}px`
		}
	}), /* @__PURE__ */ K("figcaption", { children: r })] });
	return /* @__PURE__ */ K("div", {
		class: "nine-best",
		children: [/* @__PURE__ */ K("h3", { children: "Its best in the atlas" }), /* @__PURE__ */ K("div", {
			class: "pictures",
			children: [p(0, "images"), p(1, "projections")]
		})]
	});
}
// src/bench/parts/MapPick.tsx
var Zn = 176;
function Qn({ unit: e, layer: t, at: n, other: r, choose: i }) {
	let { glance: a, held: o, chosen: s } = q(), c = W(e), l = a?.layers.find((e) => e.name === t.name)?.units.find((e) => String(e.channel) === c?.channel) ?? r;
	if (!l || !o || !n) return null;
	let u = [t.height, t.width], d = (e) => e.map((e, t) => Math.min(Math.max(e, 0), u[t] - 1)), f = (e) => {
		if (e.detail === 0) return i(null);
		let t = e.currentTarget.querySelector("canvas")?.getBoundingClientRect();
		t && i(d([Math.floor((e.clientY - t.top) / t.height * u[0]), Math.floor((e.clientX - t.left) / t.width * u[1])]));
	}, p = (e) => {
		let t = {
			ArrowUp: [-1, 0],
			ArrowDown: [1, 0],
			ArrowLeft: [0, -1],
			ArrowRight: [0, 1]
		}[e.key];
		t && (e.preventDefault(), i(d([n[0] + t[0], n[1] + t[1]])));
	}, m = s.unit?.includes("@") ?? !1;
	return /* @__PURE__ */ K("div", {
		class: "map-pick",
		children: [/* @__PURE__ */ K("button", {
			type: "button",
			onClick: f,
			onKeyDown: p,
			"aria-label": `Map of ${e}: row ${n[0]}, column ${n[1]}${m ? "" : ", the strongest"}. The arrow keys choose another place, Enter the strongest.`,
			children: [/* @__PURE__ */ K(ft, {
				draw: (e) => Et(e, o.crop, l, Zn),
				of: [o.crop, l]
			}), /* @__PURE__ */ K("i", { style: {
				top: `${100 * n[0] / u[0]}%`,
				left: `${100 * n[1] / u[1]}%`,
				height: `${100 / u[0]}%`,
				width: `${100 / u[1]}%`
			} })]
		}), /* @__PURE__ */ K("p", {
			class: "note",
			children: [
				"Its map: click a place to see what is taken there.",
				" ",
				m && /* @__PURE__ */ K("button", {
					class: "plain",
					type: "button",
					onClick: () => i(null),
					children: "Back to the strongest"
				})
			]
		})]
	});
}
// src/bench/parts/Rules.tsx
var $n = [
	["deconvnet", "the paper's way: the activation goes back through the same filters; at each ReLU what is negative is dropped, and pooling puts it back where the maximum was."],
	["guided", "guided backpropagation: the same, and only where the units on the way are active themselves. Cleaner to look at; what is in the photo counts for more, and the unit for less."],
	["gradient", "how much the activation would change with each pixel: nothing is dropped on the way but what is not active. Exact, and noisy to look at."]
];
function er({ rule: e, report: t }) {
	return /* @__PURE__ */ K("details", {
		class: "rules",
		children: [
			/* @__PURE__ */ K("summary", { children: [
				"What ",
				e,
				" shows, and how the three differ"
			] }),
			/* @__PURE__ */ K("dl", { children: $n.map(([t, n]) => /* @__PURE__ */ K("div", {
				"data-chosen": t === e,
				children: [/* @__PURE__ */ K("dt", { children: t }), /* @__PURE__ */ K("dd", { children: n })]
			}, t)) }),
			/* @__PURE__ */ K("p", {
				class: "note",
				children: ["Mid-grey is nothing. What is brighter than that, in each colour, speaks for the unit, what is darker against it; the strongest pixel is black or white.", t ? ` On this way back: ${t}.` : ""]
			})
		]
	});
}
// src/bench/parts/UnitPanel.tsx
var tr = [
	["deconvnet", "deconvnet"],
	["guided", "guided"],
	["gradient", "gradient"]
], nr = 176;
function rr(e, t) {
	let [n, r] = z(e);
	return B(() => {
		let n = setTimeout(() => r(e), t);
		return () => clearTimeout(n);
	}, [JSON.stringify(e)]), n;
}
function ir() {
	let { chosen: e, held: t } = q(), n = H(null), r = e.unit;
	return B(() => {
		let e = n.current;
		r && e && e.offsetTop > .6 * innerHeight && e.scrollIntoView({ block: "nearest" });
	}, [r]), !r || !t ? /* @__PURE__ */ K("section", {
		class: "panel unit-panel hint-panel",
		"aria-label": "A unit",
		children: [/* @__PURE__ */ K("h2", { children: "A unit" }), /* @__PURE__ */ K("p", {
			class: "note",
			children: "Choose one of the strongest units, or a class: here is what it takes from the photo, and what fed it."
		})]
	}) : /* @__PURE__ */ K("section", {
		class: "panel unit-panel",
		"aria-labelledby": "unit-title",
		ref: n,
		children: /* @__PURE__ */ K(ar, { unit: r }, t.told.photo)
	});
}
function ar({ unit: e }) {
	let { chosen: t, choose: n, held: r, about: i, session: a } = q(), { alone: o } = U(), [s, c] = z(null), [l, u] = z({
		path: [],
		to: ""
	}), d = G(l.to) === G(e) ? l.path : [], f = rr(st(t), 180), p = JSON.stringify(f.cover), m = je(() => r && Fn(r.crop, f.cover, i.grey), [r?.crop, p]), h = W(e), g = i.layers.find((e) => e.name === h?.layer);
	pt({
		kind: "project",
		photo: r?.told.photo,
		unit: e,
		rule: t.rule,
		...f
	}, async (t, n, r) => {
		let i = await t.one(n, r), o = await _t(i.projection);
		c({
			told: i,
			picture: o,
			asked: e
		}), m && a.add(Cn(n, i, () => {
			let e = document.createElement("canvas");
			return Dt(e, m, i.box, 160), e.toDataURL("image/png");
		}));
	}), Q({
		f: () => v("followed"),
		m: () => v("silenced")
	}), V(() => {
		s && mt("projection");
	}, [s]);
	let _ = G(e), v = (e) => {
		if (e === "silenced" && !y) return;
		let r = t[e];
		n({ [e]: r.includes(_) ? r.filter((e) => e !== _) : [...r, _] });
	}, y = !!h && !h.channel.includes("-") && h.layer !== i.output, x = t.silenced.includes(_), S = t.silenced.length - +!!x, C = h ? i.atlas?.layers[h.layer]?.likeness : null, w = s?.told, T = w && W(w.unit)?.at, E = (s?.asked === e ? w?.name : null) ?? ht(i, e);
	return /* @__PURE__ */ K(b, { children: [
		/* @__PURE__ */ K("div", {
			class: "unit-head",
			children: [/* @__PURE__ */ K("h2", {
				id: "unit-title",
				children: /* @__PURE__ */ K("bdi", { children: E ?? e })
			}), /* @__PURE__ */ K("button", {
				class: "icon",
				type: "button",
				onClick: () => n({ unit: null }, "push"),
				"aria-label": "Close the unit",
				children: "×"
			})]
		}),
		/* @__PURE__ */ K("p", {
			class: "note",
			children: [
				E ? `${e}, ` : "",
				"activation ",
				/* @__PURE__ */ K("b", {
					class: "number",
					children: Y(w?.value)
				}),
				E ? " (what its score is made from)" : "",
				T ? ` at row ${T[0]}, column ${T[1]} of its map` : ""
			]
		}),
		d.length > 0 && /* @__PURE__ */ K("nav", {
			class: "walked",
			"aria-label": "Walked from",
			children: d.map((e, t) => /* @__PURE__ */ K("button", {
				class: "plain",
				type: "button",
				onClick: () => {
					u({
						path: d.slice(0, t),
						to: e
					}), n({ unit: e }, "push");
				},
				children: e
			}, t))
		}),
		C != null && C > .9 && /* @__PURE__ */ K("p", {
			class: "caution",
			children: [
				"In this layer the projection of a random signal looks much the same (median likeness ",
				C.toFixed(2),
				"): it tells of the photo more than of the unit."
			]
		}),
		/* @__PURE__ */ K("div", {
			class: "pictures",
			"data-late": s !== null && s.asked !== e,
			children: [/* @__PURE__ */ K("figure", { children: [s && m ? /* @__PURE__ */ K(ft, {
				draw: (e) => Dt(e, m, s.told.box, nr),
				of: [m, s],
				label: "Its receptive field in the photo"
			}) : /* @__PURE__ */ K("span", { class: "no-picture" }), /* @__PURE__ */ K("figcaption", { children: "photo" })] }), /* @__PURE__ */ K("figure", {
				class: "projected",
				children: [s ? /* @__PURE__ */ K(ft, {
					class: "projection",
					draw: (e) => Ot(e, s.picture, nr),
					of: [s],
					label: `What ${e} takes from it`
				}) : /* @__PURE__ */ K("span", { class: "no-picture" }), /* @__PURE__ */ K("figcaption", { children: "projection" })]
			})]
		}),
		s === null && /* @__PURE__ */ K(an, {}),
		x && /* @__PURE__ */ K("p", {
			class: "note",
			children: [
				"It is silenced: this is what it takes where it is heard",
				S ? `, with ${S} silenced beside it` : "",
				"."
			]
		}),
		!x && S > 0 && /* @__PURE__ */ K("p", {
			class: "note",
			children: [
				"With ",
				S === 1 ? "the silenced unit" : `the ${S} silenced units`,
				" at zero."
			]
		}),
		/* @__PURE__ */ K("div", {
			class: "unit-bar",
			children: [/* @__PURE__ */ K($t, {
				label: "How signals go back",
				value: t.rule,
				options: tr,
				change: (e) => n({ rule: e })
			}), /* @__PURE__ */ K(qn, {})]
		}),
		/* @__PURE__ */ K(er, {
			rule: t.rule,
			report: w?.report
		}),
		/* @__PURE__ */ K("div", {
			class: "unit-bar",
			children: [
				/* @__PURE__ */ K("button", {
					type: "button",
					"aria-pressed": t.followed.includes(_),
					title: "Its activation stays in sight while the photo is covered, turned or silenced",
					onClick: () => v("followed"),
					children: t.followed.includes(_) ? "Followed ✓" : "Follow"
				}),
				y && /* @__PURE__ */ K("button", {
					type: "button",
					role: "switch",
					"aria-checked": x,
					"aria-label": "Silence",
					title: x ? "Let it speak again" : "Set it to zero, and see what the classes do",
					onClick: () => v("silenced"),
					children: x ? "Silenced ✓" : "Silence"
				}),
				o && i.atlas && h && i.atlas.layers[h.layer] && !h.channel.includes("-") && /* @__PURE__ */ K("a", {
					class: "button",
					href: `../#/u/${encodeURIComponent(`${h.layer}:${h.channel}`)}`,
					children: "In the atlas"
				})
			]
		}),
		g?.spatial && h && /* @__PURE__ */ K(Qn, {
			unit: _,
			layer: g,
			at: w ? W(w.unit)?.at ?? null : null,
			other: w && G(w.unit) === _ ? w.map : null,
			choose: (e) => n({ unit: e ? `${_}@${e[0]},${e[1]}` : _ })
		}),
		h && /* @__PURE__ */ K(Xn, {
			layer: h.layer,
			channel: h.channel
		}),
		m && /* @__PURE__ */ K(Jn, {
			unit: e,
			settled: f,
			photo: m,
			walk: (t, r) => {
				if (r === e) return;
				let i = d.lastIndexOf(t);
				u({
					path: [...i >= 0 ? d.slice(0, i) : d, t],
					to: r
				}), n({ unit: r }, "push");
			}
		})
	] });
}
// src/bench/parts/Sweep.tsx
var or = 320, sr = (e) => e.length > 24 ? `${e.slice(0, 23).trimEnd()}…` : e;
function cr() {
	let { api: e, held: t, chosen: n, about: r, session: i, fail: a } = q(), [o, s] = z(null), [c, l] = z(!1), [u, d] = z("class"), f = H(null), p = Math.max(1, Math.round(n.size / 6)), m = n.unit?.startsWith(`${r.output}:`) ? Number(n.unit.slice(r.output.length + 1)) : null, h = m !== null && Number.isInteger(m) ? m : null, g = H({
		photo: void 0,
		target: null
	});
	(h !== null || g.current.photo !== t?.told.photo) && (g.current = {
		photo: t?.told.photo,
		target: h
	});
	let _ = n.unit && h === null && !W(n.unit)?.channel.includes("-") ? G(n.unit) : null, v = {
		kind: "sweep",
		photo: t?.told.photo,
		moved: n.moved,
		size: n.size,
		stride: p,
		fill: n.fill,
		followed: n.followed,
		silenced: n.silenced,
		target: g.current.target,
		transform: n.transform
	}, y = JSON.stringify(v), x = rr({
		key: y,
		cover: n.cover
	}, 700), S = () => {
		f.current?.abort(), f.current = null, l(!1);
	}, C = () => {
		S();
		let t = new AbortController();
		f.current = t, l(!0);
		let o = [.../* @__PURE__ */ new Set([..._ ? [_] : [], ...n.followed])], c = {
			...v,
			followed: o
		}, u = [], d = null;
		e.ask(c, (e) => {
			t.signal.aborted || ("grid" in e ? d = e : u[e.row] = e, d && s({
				key: y,
				units: o,
				head: d,
				rows: Array.from({ length: d.grid.shape[0] }, (e, t) => u[t])
			}));
		}, t.signal).then(() => {
			d && f.current === t && i.add(lr(c, d, u, J(r), ee(d, u, "class")));
		}, (e) => {
			e instanceof de || a(e);
		}).finally(() => f.current === t && S());
	};
	B(() => {
		n.cover.length && n.tool === "square" && x.key === y && o?.key !== y && C();
	}, [x.key, JSON.stringify(x.cover)]), B(() => S, [t?.told.photo]), Q({ s: () => c ? S() : C() });
	let w = o?.key === y ? o : null, T = w?.rows.filter(Boolean).length ?? 0, E = w && t ? D(w, u) : null;
	return /* @__PURE__ */ K("section", {
		class: "panel",
		"aria-labelledby": "sweep-title",
		children: [
			/* @__PURE__ */ K("div", {
				class: "panel-head",
				children: [/* @__PURE__ */ K("h2", {
					id: "sweep-title",
					children: "Where it looks"
				}), /* @__PURE__ */ K("button", {
					type: "button",
					onClick: c ? S : C,
					children: c ? "Stop" : w ? "Sweep again" : "Sweep the square"
				})]
			}),
			/* @__PURE__ */ K("p", {
				class: "note",
				children: [
					"A square of ",
					n.size,
					" px (",
					n.fill,
					") covers every place, ",
					p,
					" px apart: bright is where covering takes most away; the rim, where no middle of a square can be, stays dark. It begins by itself where you leave the square.",
					n.silenced.length > 0 && ` With ${Nt(n.silenced)} at zero.`
				]
			}),
			w && E && t ? /* @__PURE__ */ K(b, { children: [
				/* @__PURE__ */ K($t, {
					label: "What covering takes away",
					value: u,
					options: [
						...w.head.target ? [["class", sr(w.head.target.name)]] : [],
						...w.units.slice(0, 3).map((e, t) => [`unit ${t}`, ht(r, e) ?? e]),
						["map", `strongest map, ${w.head.map}`]
					],
					change: d
				}),
				/* @__PURE__ */ K(ft, {
					class: "sweep-picture",
					draw: (e) => kt(e, t.crop, {
						rows: E.levels,
						columns: w.head.grid.shape[1],
						size: w.head.grid.size,
						stride: w.head.grid.stride
					}, or),
					of: [
						w,
						u,
						t.crop
					],
					label: `${E.words}; ${T} of ${w.rows.length} rows`
				}),
				/* @__PURE__ */ K("p", {
					class: "note",
					children: [
						E.words,
						".",
						" ",
						_ && !c && !w.units.includes(_) && /* @__PURE__ */ K("button", {
							class: "plain",
							type: "button",
							onClick: C,
							children: ["Sweep again for ", _]
						}),
						c && /* @__PURE__ */ K(b, { children: [" ", /* @__PURE__ */ K("progress", {
							value: T,
							max: w.rows.length,
							"aria-label": "Rows of the sweep"
						})] })
					]
				})
			] }) : c && /* @__PURE__ */ K("p", {
				class: "quiet",
				role: "status",
				children: "Sweeping…"
			})
		]
	});
	function ee(e, n, r) {
		let i = t?.crop;
		return () => {
			let t = document.createElement("canvas"), { levels: a } = D({
				key: "",
				units: [],
				head: e,
				rows: n
			}, r);
			return i && kt(t, i, {
				rows: a,
				columns: e.grid.shape[1],
				size: e.grid.size,
				stride: e.grid.stride
			}, or), t.toDataURL("image/png");
		};
	}
	function D(e, t) {
		let n = t.startsWith("unit ") ? Number(t.slice(5)) : -1, i = t === "class" && e.head.target !== null, a = (e) => i ? e.probability ?? [] : n >= 0 ? e.units[n] ?? [] : e.activation, o = a(e.head.uncovered)[0] ?? 0, s = e.rows.map((e) => e && a(e).map((e) => Math.max(0, o - (e ?? o)))), c = Math.max(1e-12, ...s.flatMap((e) => e ?? [0])), l = (e) => i ? Z(e, J(r)) : Y(e), u = i ? e.head.target?.name : `${n >= 0 ? e.units[n] : e.head.map}, summed over its map`;
		return {
			levels: s.map((e) => e?.map((e) => 255 * e / c)),
			words: `${u}: ${l(o)}, least ${l(o - c)}`
		};
	}
}
function lr(e, t, n, r, i) {
	let a = t.target?.name ?? t.map, o = (e) => t.target ? Z(e, r) : Y(e);
	return {
		question: e,
		title: `Where ${a} looks: a square of ${t.grid.size.join(" × ")}, every ${t.grid.stride.join(" × ")} pixels`,
		rows: [["row", ...Array.from({ length: t.grid.shape[1] }, (e, n) => `${n * t.grid.stride[1]} px`)], ...n.map((e) => [`${e.row * t.grid.stride[0]} px`, ...(t.target ? e.probability ?? [] : e.activation).map(o)])],
		pictures: [[i, "bright where covering takes most away"]]
	};
}
// src/bench/App.tsx
var ur = 1500, dr = 150;
function fr(e, t) {
	let [n, r] = z(() => ({
		...it(e.hash()),
		size: it(e.hash()).size || t
	})), i = H(n), a = H(void 0);
	return B(() => e.came(() => {
		if (e.hash() === at(i.current)) return;
		let n = it(e.hash());
		i.current = {
			...n,
			size: n.size || t
		}, r(i.current);
	}), [e]), [n, (t, n = "replace") => {
		i.current = {
			...i.current,
			...t
		}, r(i.current), clearTimeout(a.current), n === "push" ? e.write(at(i.current), !0) : a.current = setTimeout(() => e.write(at(i.current), !1), 250);
	}];
}
function pr({ api: e, about: t }) {
	let n = U(), [r, i] = fr(n, t.square), [a, o] = z(null), [s, c] = z(null), [l, u] = z(""), [d, f] = z(null), [p, m] = z(!1), [h, g] = z(!1), [_, v] = z(!1), y = je(() => new bn(), []), x = (e) => {
		let t = e instanceof Error ? e.message : String(e);
		t && f(t), t.includes("choose it again") && o(null);
	}, { plain: S, glance: C, picture: w, progress: T, of: E } = Mt(e, a, r, x), ee = pn(e, {
		fail: x,
		taken: (e) => {
			f(null), v(!1), y.clear(), o(e);
			let t = {
				photo: e.number ?? "own",
				moved: Qe.moved,
				cover: [],
				transform: null
			};
			i(t, "push");
		}
	});
	B(() => {
		if (typeof r.photo == "number" && r.photo !== a?.number) {
			let t = r;
			e.choose(r.photo).then((e) => {
				o(e), i({
					moved: t.moved,
					cover: t.cover,
					transform: t.transform
				});
			}, x);
		}
		r.photo === "own" && a?.number !== null && (o(null), v(!0)), r.photo === null && o(null);
	}, [r.photo]);
	let [D, O] = r.moved;
	B(() => {
		let e = !0;
		return a ? (s?.told === a ? Promise.resolve(s.whole) : _t(a.picture)).then(async (t) => {
			let n = await vt(t, a, [D, O]);
			e && c({
				told: a,
				whole: t,
				crop: n
			});
		}) : c(null), () => {
			e = !1;
		};
	}, [
		a,
		D,
		O
	]), B(() => (e.late = g, () => {
		e.late = null;
	}), [e]), B(() => {
		if (!C || !E || At(E)) return;
		let e = setTimeout(() => y.add(Sn(ct(E), "What the network answers", C.classes, J(t))), ur);
		return () => clearTimeout(e);
	}, [C]), B(() => {
		if (!l) return;
		let e = setTimeout(() => u(""), 5e3);
		return () => clearTimeout(e);
	}, [l]), Q({
		"?": () => m(!0),
		Escape: () => d ? f(null) : i({
			cover: [],
			transform: null
		}),
		o: () => Ue(n, "file")?.click(),
		d: () => Ze(n.root)
	});
	let k = s && w ? {
		...s,
		crop: w
	} : s, A = {
		api: e,
		about: t,
		chosen: r,
		choose: i,
		held: k,
		plain: S,
		glance: C,
		session: y,
		say: u,
		fail: x
	}, j = rr(r.cover, dr), te = JSON.stringify({
		...r,
		cover: r.cover.length > 0
	}), M = je(() => A, [
		e,
		t,
		k?.told,
		k?.crop,
		S,
		C,
		te,
		j
	]);
	return /* @__PURE__ */ K(dt.Provider, {
		value: M,
		children: [
			/* @__PURE__ */ K(Yt, {
				help: () => m(!0),
				theme: () => Ze(n.root)
			}),
			/* @__PURE__ */ K("div", {
				class: "room",
				children: /* @__PURE__ */ K("main", {
					id: "main",
					class: "bench",
					tabIndex: -1,
					"data-has": a !== null,
					...ee.drop,
					children: [
						/* @__PURE__ */ K("h1", {
							class: "heard",
							children: ["The bench: ", t.network]
						}),
						d && /* @__PURE__ */ K("div", {
							class: "trouble",
							role: "alert",
							children: [/* @__PURE__ */ K("p", { children: d }), /* @__PURE__ */ K("button", {
								type: "button",
								onClick: () => f(null),
								children: "Close"
							})]
						}),
						t.broken && /* @__PURE__ */ K("p", {
							class: "late",
							role: "note",
							children: [
								"The weights of this network ",
								t.broken,
								": what comes of them says little. Load other weights, such as those of a checkpoint from before."
							]
						}),
						h && /* @__PURE__ */ K("p", {
							class: "late",
							role: "status",
							children: "The notebook's kernel does not hear: a cell runs, or it has ended. The bench answers when the cell is done; after a restart run its own again."
						}),
						/* @__PURE__ */ K("div", {
							class: "side",
							children: [/* @__PURE__ */ K(dt.Provider, {
								value: A,
								children: /* @__PURE__ */ K(Un, {
									taking: ee,
									progress: T,
									gone: _
								})
							}), a && /* @__PURE__ */ K(Ft, {})]
						}),
						a && /* @__PURE__ */ K(b, { children: [
							/* @__PURE__ */ K("div", {
								class: "middle",
								children: [/* @__PURE__ */ K(Wt, {}), /* @__PURE__ */ K(un, {})]
							}),
							/* @__PURE__ */ K(ir, {}),
							/* @__PURE__ */ K("div", {
								class: "wide",
								children: [/* @__PURE__ */ K(cr, {}), /* @__PURE__ */ K(Vt, {})]
							})
						] })
					]
				})
			}),
			p && /* @__PURE__ */ K(Qt, { close: () => m(!1) }),
			/* @__PURE__ */ K("div", {
				class: "toast",
				role: "status",
				"aria-live": "polite",
				"data-shown": l !== "",
				children: l
			})
		]
	});
}
// src/bench/start.tsx
function mr({ title: e, words: t, children: n }) {
	return /* @__PURE__ */ K("main", {
		class: "problem",
		children: [
			/* @__PURE__ */ K("h1", { children: e }),
			/* @__PURE__ */ K("p", {
				class: "lead",
				role: "alert",
				children: t
			}),
			n
		]
	});
}
async function hr(e, t, n, r = () => void 0) {
	P(/* @__PURE__ */ K("p", {
		class: "loading quiet",
		role: "status",
		children: "Opening the network… the first time takes some seconds."
	}), n);
	try {
		let i = await e.about();
		r(i), P(/* @__PURE__ */ K(Ve.Provider, {
			value: t,
			children: /* @__PURE__ */ K(pr, {
				api: e,
				about: i
			})
		}), n);
	} catch (e) {
		P(/* @__PURE__ */ K(mr, {
			title: "The bench cannot be opened",
			words: e.message
		}), n);
	}
}
function gr(e, t = null) {
	let n = Xe.get("theme") ?? t;
	(n === "light" || n === "dark") && (e.dataset.theme = n), Ye(e);
}
// src/bench/widget.tsx
var _r = { render({ model: e, el: t }) {
	t.dataset.lmSuppressShortcuts = "true";
	let n = t.attachShadow({ mode: "open" }), r = document.createElement("style");
	r.textContent = `${ue}\n${Ge}`;
	let i = document.createElement("div");
	i.className = "convscope-box", i.tabIndex = -1, i.style.height = `${Number(e.get("height")) || 860}px`, n.append(r, i), gr(i, ce(document));
	let a = We(i, String(e.get("route") ?? "#/"), (t) => {
		e.set("route", t), e.save_changes();
	}), o = new ge(e);
	return hr(o, a, i), () => {
		P(null, i), o.close();
	};
} };
export { _r as default };
