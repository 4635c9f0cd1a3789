package node

import (
	"strconv"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// maxConnections is the setting that bounds the connections of this server.
const maxConnections = "max_connections"

// setting is one row of settings: what it is at first, and what it is for.
type setting struct{ key, value, description string }

// settingsOf lists all settings that the server reads.
func settingsOf(hostname string) []setting {
	return []setting{
		{"cloud_name", hostname, "name of this system, shown to people"},
		{"accelerator", "auto", "what guests run by: auto (kvm where its self-test passes), kvm, or qemu for emulation"},
		{maxConnections, "10000", "connections that clients may hold open at once, websockets left out; 0 for any number"},
		{"max_session_age", "259200", "seconds after which a session ends whether it is used or not"},
		{"max_sign_in_age", "2592000", "seconds after a login in which its JWT, refreshed or not, is good; after that log in again"},
		{"session_idle", "86400", "seconds after which an unused session ends"},
		{"rate_limit_per_hour", "1000", "requests that each API key is good for in an hour; 0 for any number"},
		{system.QuarantineSetting, strconv.Itoa(system.QuarantineDays), "days for which data that no row stands for are kept in quarantine; 0 for ever"},
		{system.LogDaysSetting, strconv.Itoa(system.LogDays), "days for which lines of the logs are kept, the newest 10000 for longer; 0 for ever"},
		{system.LogLinesSetting, strconv.Itoa(system.LogLines), "lines that each of the logs holds, of which the oldest go first; 0 for any number"},
		{"rate_limit_sessions", "0", "requests that each session, or account by password or JWT, is good for in an hour; 0 for any number"},
	}
}

// ensureSettings makes the settings that are missing and returns the values of all that it knows.
func ensureSettings(tx *store.Tx, hostname string) (map[string]string, error) {
	values := map[string]string{}
	for _, s := range settingsOf(hostname) {
		row, err := store.GetRow[system.Setting](tx, s.key)
		if errs.Is(err, errs.NotFound) {
			row.Value = s.value
			err = store.CreateAs(tx, s.key, system.SettingSet{}.Value(s.value).DefaultValue(s.value).Description(s.description))
		}
		if err != nil {
			return nil, err
		}
		values[s.key] = row.Value
	}
	return values, nil
}
