package nft

import (
	"fmt"
	"slices"
)

// Rate matches as many packets as come in a unit of time; Over it matches those beyond.
type Rate struct {
	Packets uint32
	Per     string // second, minute, hour or day
	Over    bool
}

// rateUnits are those that nft(8) has.
var rateUnits = []string{"second", "minute", "hour", "day"}

func (m Rate) words() (string, error) {
	if m.Packets == 0 || !slices.Contains(rateUnits, m.Per) {
		return "", refuse("%d packets a %q isn't a rate", m.Packets, m.Per)
	}
	over := ""
	if m.Over {
		over = "over "
	}
	return fmt.Sprintf("limit rate %s%d/%s", over, m.Packets, m.Per), nil
}
