package auth

import "time"

// clockLead is how far ahead of this server's clock that of another one may be. A moment later than that was noted while a clock was wrong.
const clockLead = time.Minute

// believable reports whether a moment that was noted, in seconds since 1970, may have been.
func believable(at int64, now time.Time) bool { return at <= now.Add(clockLead).Unix() }

// within reports whether something that began at a moment is younger than age. What began in the future, since a clock was ahead then, is over:
// it would live on for as long as the clock was wrong.
func within(began int64, age time.Duration, now time.Time) bool {
	return believable(began, now) && now.Sub(time.Unix(began, 0)) < age
}
