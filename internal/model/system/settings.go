package system

import (
	"strconv"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// settings declares the system settings, addressed by name.
func settings() *schema.Table {
	return &schema.Table{
		Name: "settings", Title: "Setting", Key: schema.NameKey, KeyField: "key", NoCreate: true, LogType: "system", Display: "key", Wakes: []string{"node"},
		Doc: "System settings.", Check: checkSetting,
		Fields: schema.Fields{
			schema.String("key").Via("$key").Summary(),
			schema.LongText("value").Len(0, 4096).Summary(),
			schema.LongText("default_value").ReadOnly().Summary(),
			schema.LongText("description").ReadOnly(),
		},
	}
}

// checkSetting takes only a number for a setting that is one by default: with another word the default would count, without a word.
func checkSetting(r *schema.Record) error {
	normal := r.Get("default_value").Text()
	if _, err := strconv.ParseUint(normal, 10, 31); err != nil {
		return nil
	}
	if _, err := strconv.ParseUint(r.Get("value").Text(), 10, 31); err != nil {
		return errs.Field("value", "must be a whole number, such as %s", normal)
	}
	return nil
}

// Number is the setting's value as a whole number from least to most, and otherwise what it is by default: a slip must have no effect.
func (s *Setting) Number(least, most, otherwise int64) int64 {
	n, err := strconv.ParseInt(s.Value, 10, 64)
	if err != nil || n < least || n > most {
		return otherwise
	}
	return n
}
