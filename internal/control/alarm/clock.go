package alarm

import (
	"fmt"
	"time"

	"dewpoint/internal/store"
)

// clockAhead tells of times in the database that haven't come yet. It is over when they have come, or are so old by count that the log of
// changes has forgotten them.
func clockAhead(tx *store.Tx, self string) ([]fact, error) {
	last, err := tx.LastTime()
	if err != nil {
		return nil, err
	}
	by := last.Sub(tx.Now())
	if last.IsZero() || by <= store.ClockSlack {
		return nil, nil
	}
	return []fact{{
		matter: matter{typ: clockBack, owner: self},
		text: fmt.Sprintf("the clock went back by %s: something happened at %s already; set the clock right and let NTP keep it",
			coarse(by), last.Format(time.DateTime+" UTC")),
	}}, nil
}

// coarse is a duration that doesn't change with each look.
func coarse(d time.Duration) string {
	switch d = d.Round(time.Hour); {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return "less than 2 hours"
}
