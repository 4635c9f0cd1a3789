package auth

import (
	"math"
	"time"

	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// limits is what settings say about credentials.
type limits struct {
	age, idle time.Duration // of sessions
	signIn    time.Duration // after which a JWT isn't refreshed any more
	// perKey and perSession are how many requests an hour an API key, or any other credential, is good for; 0 for any number.
	perKey, perSession int64
}

// readLimits reads the settings. What is missing or no such number counts as the default that users of the table API know: three days, one
// day unused, 30 days of JWTs, 1000 requests for each key.
func readLimits(tx *store.Tx) (l limits, err error) {
	number := func(key string, least, otherwise int64) int64 {
		if err != nil {
			return otherwise
		}
		var setting system.Setting
		setting, err = store.GetRow[system.Setting](tx, key)
		err = ifThere(err)
		return setting.Number(least, math.MaxInt32, otherwise)
	}
	l.age = time.Duration(number("max_session_age", 1, 259200)) * time.Second
	l.idle = time.Duration(number("session_idle", 1, 86400)) * time.Second
	l.signIn = time.Duration(number("max_sign_in_age", 1, 2592000)) * time.Second
	l.perKey = number("rate_limit_per_hour", 0, 1000)
	l.perSession = number("rate_limit_sessions", 0, 0)
	return l, err
}
