package query

// FuncName is a function of one value.
type FuncName uint8

// The functions. Upper and lower change ASCII letters only. Hex of a number is its digits to base 16, of a text its bytes, both in
// lower case. Sha1 is of the text, in lower case. Datetime is "2026-11-23 09:30:00" in UTC, null outside the years 0 to 9999.
// Diskspace is bytes with two decimals, cut off, in units of 1024: "1.50 GB".
const (
	FuncUpper FuncName = iota
	FuncLower
	FuncHex
	FuncSHA1
	FuncDatetime
	FuncDiskspace
	FuncMillis // datetime of milliseconds
	FuncMicros // datetime of microseconds
)

var functions = map[string]FuncName{
	"upper": FuncUpper, "lower": FuncLower, "hex": FuncHex, "sha1": FuncSHA1, "datetime": FuncDatetime, "diskspace": FuncDiskspace,
}

var aggregates = map[string]Aggregate{
	"count": AggCount, "sum": AggSum, "avg": AggAvg, "min": AggMin, "max": AggMax,
}
