package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// publicURL reads the URL at which clients reach the server.
func publicURL(c *Config, s string) error {
	if s == "" {
		c.PublicURL = nil
		return nil
	}
	u, err := origin(s)
	if err != nil {
		return err
	}
	c.PublicURL = u
	return nil
}

// proxies reads addresses and networks.
func proxies(c *Config, s string) error {
	c.TrustedProxies = nil
	for _, text := range elements(s) {
		p, err := netip.ParsePrefix(text)
		if a, bad := netip.ParseAddr(text); bad == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil || p != p.Masked() {
			return fmt.Errorf("%q is neither an address such as 192.0.2.1 nor a network such as 192.0.2.0/24", text)
		}
		c.TrustedProxies = append(c.TrustedProxies, p)
	}
	return nil
}

// origins reads the origins of web pages; "*" stands for all.
func origins(c *Config, s string) error {
	c.CORSOrigins = elements(s)
	if slices.Equal(c.CORSOrigins, []string{"*"}) {
		return nil
	}
	for i, text := range c.CORSOrigins {
		u, err := origin(text)
		if err != nil {
			return err
		}
		c.CORSOrigins[i] = u.String()
	}
	return nil
}

// origin reads a scheme and a host.
func origin(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || *u != (url.URL{Scheme: u.Scheme, Host: u.Host}) {
		return nil, fmt.Errorf("%q isn't a URL with only a scheme and a host, such as https://cloud.example.org", s)
	}
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

// elements returns the parts of a list with commas.
func elements(s string) (all []string) {
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}
