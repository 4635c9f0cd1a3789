package auth

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"dewpoint/internal/errs"
)

// CookieName is the cookie that holds the token of a browser's session. By its prefix browsers take it only from this host itself, over TLS and for all paths: no
// subdomain and no page without TLS can put another in its place.
const CookieName = "__Host-dewpoint"

// Cookie makes the cookie of a session, or with an empty token the one that takes it away.
func Cookie(token string) *http.Cookie {
	c := &http.Cookie{Name: CookieName, Value: token, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

// CookieToken returns the token in a request's cookie. Two cookies of the name are none: one of them is somebody else's.
func CookieToken(r *http.Request) (token string, ok bool) {
	found := r.CookiesNamed(CookieName)
	if len(found) != 1 || !isHex(found[0].Value, 2*sessionBytes) {
		return "", false
	}
	return found[0].Value, true
}

// FromOwnPage is Denied unless the browser says that a page of this server made the request, or for one that only reads that somebody typed the address. What
// browsers say they say in Sec-Fetch-Site, or in Origin where they are older; requests that only read may lack both, since pages of others can't see the replies.
func FromOwnPage(r *http.Request) error {
	reads := (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.Header.Get("Upgrade") == ""
	own := reads
	if site := r.Header.Values("Sec-Fetch-Site"); len(site) > 0 {
		own = len(site) == 1 && (site[0] == "same-origin" || site[0] == "none" && reads)
	} else if origin := r.Header.Values("Origin"); len(origin) > 0 {
		own = len(origin) == 1 && isOwnOrigin(r, origin[0])
	}
	if own {
		return nil
	}
	return errs.New(errs.Denied, "cross_site", "only pages of this server can use the session in the cookie; send a token in the header Authorization instead")
}

// isOwnOrigin reports whether an origin is that at which the client reaches the server. A page without TLS is not the server's where the client comes by TLS.
func isOwnOrigin(r *http.Request, origin string) bool {
	o, err := url.Parse(origin)
	if err != nil || o.Host == "" || o.Scheme != "https" && (o.Scheme != "http" || overTLS(r)) {
		return false
	}
	return strings.EqualFold(o.Host, r.Host) || strings.EqualFold(o.Host, r.URL.Host)
}

// overTLS reports whether the client comes by TLS, as far as the server or its proxies can tell.
func overTLS(r *http.Request) bool { return r.TLS != nil || r.URL.Scheme == "https" }

// KeepsCookies is Denied where browsers wouldn't keep the cookie: without TLS they do so for the machine that they run on, alone.
func KeepsCookies(r *http.Request) error {
	host := (&url.URL{Host: r.Host}).Hostname()
	address, err := netip.ParseAddr(host)
	if overTLS(r) || err == nil && address.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return nil
	}
	return errs.New(errs.Denied, "needs_https", "a browser keeps the session only if the address begins with https://; if a proxy ends TLS, set public-url or trusted-proxies")
}
