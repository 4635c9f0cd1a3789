package nft

import (
	"regexp"
	"strings"
)

// In, Out and NotOut match the interface that a packet comes in by, goes out by, or goes out by any other. A trailing * stands for any rest.
type (
	In     string
	Out    string
	NotOut string
)

var validLink = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$|^[A-Za-z0-9][A-Za-z0-9_.-]{0,13}\*$`)

func (m In) words() (string, error)     { return link("iifname", string(m)) }
func (m Out) words() (string, error)    { return link("oifname", string(m)) }
func (m NotOut) words() (string, error) { return link("oifname !=", string(m)) }

// InAny and OutAny match the interface that a packet comes in by, or goes out by: any of these.
type (
	InAny  []string
	OutAny []string
)

func (m InAny) words() (string, error)  { return links("iifname", m) }
func (m OutAny) words() (string, error) { return links("oifname", m) }

func links(key string, names []string) (string, error) {
	quoted := make([]string, len(names))
	for i, name := range names {
		if !validLink.MatchString(name) || strings.HasSuffix(name, "*") {
			return "", refuse("%q can't name an interface in a list", name)
		}
		quoted[i] = `"` + name + `"`
	}
	members, err := set("interface", quoted)
	return key + " " + members, err
}

func link(key, name string) (string, error) {
	if !validLink.MatchString(name) {
		return "", refuse("%q can't name an interface in a rule", name)
	}
	return key + ` "` + name + `"`, nil
}
