package front

import (
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Edge is what the server is told of what lies between it and its clients. The zero value believes nobody and answers pages of no other origin.
type Edge struct {
	// Public is the URL at which clients reach the server, such as https://cloud.example.org; nil where each request tells.
	Public *url.URL
	// Proxies are the addresses whose headers Forwarded and X-Forwarded-* are believed.
	Proxies []netip.Prefix
	// Origins are those of web pages that may read replies, such as https://panel.example.org; "*" stands for all.
	Origins []string
}

// locate puts into the request's URL under which scheme and host its client reached the server, for addresses that replies hold. Both are empty
// when nobody tells: what is joined to them is an address without a host then, which clients take to be on the same one.
func (e Edge) locate(r *http.Request) {
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if e.trusts(addressOf(r)) {
		f := forwardedBy(r.Header)
		if f.proto == "http" || f.proto == "https" {
			scheme = f.proto
		}
		if f.host != "" {
			host = f.host
		}
	}
	if e.Public != nil {
		scheme, host = e.Public.Scheme, e.Public.Host
	}
	if !hostname.MatchString(host) {
		scheme, host = "", ""
	}
	r.URL.Scheme, r.URL.Host = scheme, host
}

// Base is the beginning of addresses at which the client reaches this server, such as https://cloud.example.org; empty when it isn't known.
func Base(r *http.Request) string { return (&url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host}).String() }

// hostname is a name or an address, with or without a port.
var hostname = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// client returns the address that a request comes from: of the nearest hop that is no trusted proxy.
func (e Edge) client(r *http.Request) string {
	address := addressOf(r)
	if !e.trusts(address) {
		return address
	}
	for _, hop := range slices.Backward(forwardedBy(r.Header).hops) {
		a, err := addressIn(hop)
		if err != nil {
			break // what lies beyond it is anybody's word
		}
		if address = a.String(); !e.trusts(address) {
			break
		}
	}
	return address
}

func (e Edge) trusts(address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(e.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// forwarded is what proxies say of a request.
type forwarded struct {
	hops        []string // from the client's address to that of the last proxy but one
	proto, host string   // at the first proxy
}

// forwardedBy reads Forwarded (RFC 7239), or the X-Forwarded-* headers where there is none.
func forwardedBy(h http.Header) (f forwarded) {
	elements := list(h, "Forwarded")
	if len(elements) == 0 {
		return forwarded{hops: list(h, "X-Forwarded-For"), proto: strings.ToLower(first(h, "X-Forwarded-Proto")), host: first(h, "X-Forwarded-Host")}
	}
	for i, element := range elements {
		hop := ""
		for _, pair := range split(element, ';') {
			name, value, _ := strings.Cut(pair, "=")
			value = unquoted(strings.TrimSpace(value))
			switch name = strings.ToLower(strings.TrimSpace(name)); {
			case name == "for":
				hop = value
			case name == "proto" && i == 0:
				f.proto = strings.ToLower(value)
			case name == "host" && i == 0:
				f.host = value
			}
		}
		f.hops = append(f.hops, hop)
	}
	return f
}

// list returns the elements of a header that may come in several lines.
func list(h http.Header, name string) (all []string) {
	for _, line := range h.Values(name) {
		for _, element := range split(line, ',') {
			all = append(all, strings.TrimSpace(element))
		}
	}
	return all
}

func first(h http.Header, name string) string {
	if all := list(h, name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// split cuts a text at a separator that stands in no quotes.
func split(s string, at rune) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(s, func(c rune) bool {
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = quoted
		case c == '"':
			quoted = !quoted
		}
		return c == at && !quoted
	})
}

var unescaped = regexp.MustCompile(`\\(.)`)

func unquoted(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	return unescaped.ReplaceAllString(s[1:len(s)-1], "$1")
}

// addressIn reads an address as proxies write it: with or without a port, IPv6 in brackets or bare.
func addressIn(hop string) (netip.Addr, error) {
	if a, err := netip.ParseAddrPort(hop); err == nil {
		return a.Addr().Unmap().WithZone(""), nil
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(hop, "["), "]"))
	return a.Unmap().WithZone(""), err
}
