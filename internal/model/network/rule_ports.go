package network

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"dewpoint/internal/errs"
)

// Ports are those from First to Last.
type Ports struct{ First, Last uint16 }

// mostPorts is how many entries a list can have.
const mostPorts = 64

// HasPorts reports whether packets of a rule's protocol have ports.
func HasPorts(protocol string) bool {
	return protocol == "tcp" || protocol == "udp" || protocol == "tcpudp"
}

// ReadPorts reads a list of ports and ranges with commas between them. The error says what is wrong, in words for the client.
func ReadPorts(list string) (ports []Ports, err error) {
	words := listWords(list)
	if len(words) > mostPorts {
		return nil, fmt.Errorf("has %d entries, and can have %d", len(words), mostPorts)
	}
	for _, word := range words {
		from, to, ranged := strings.Cut(word, "-")
		if !ranged {
			to = from
		}
		first, err := readPort(from)
		last, bad := readPort(to)
		if err != nil || bad != nil || first > last {
			return nil, fmt.Errorf("%q isn't a port from 1 to 65535, or a range of them such as 8000-8100", errs.Clip(word))
		}
		ports = append(ports, Ports{first, last})
	}
	return ports, nil
}

var decimal = regexp.MustCompile(`^[1-9][0-9]{0,4}$`)

func readPort(text string) (uint16, error) {
	text = strings.TrimSpace(text)
	if !decimal.MatchString(text) {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return uint16(n), err
}

var throttlePattern = regexp.MustCompile(`^[1-9][0-9]{0,8}/(second|minute|hour|day)$`)

// ReadThrottle reads a number of packets and its unit. ok is false where there is none.
func ReadThrottle(text string) (packets uint32, unit string, ok bool) {
	if !throttlePattern.MatchString(text) {
		return 0, "", false
	}
	number, unit, _ := strings.Cut(text, "/")
	n, err := strconv.ParseUint(number, 10, 32)
	return uint32(n), unit, err == nil
}
