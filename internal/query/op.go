package query

// Op is a comparison of the filter language.
type Op uint8

// The operators. Each is false on null except OpEq with a null on the right, OpNe, OpIsNull and OpNotNull, so that ne is the
// complement of eq. Letters count as equal in upper and lower case only where said.
const (
	OpEq      Op = iota // equal
	OpNe                // not equal, or null
	OpGt                // greater
	OpGe                // greater or equal
	OpLt                // less
	OpLe                // less or equal
	OpBegins            // bw: the text begins with
	OpEnds              // ew: the text ends with
	OpHas               // cs: the text contains, case counts
	OpHasFold           // ct, contains: the text contains, case doesn't count; plans have OpRegexp instead for a text with other letters than A to Z
	OpRegexp            // rx: a match of the regular expression (RE2, as Go has it) anywhere in the text
	OpLike              // like: % stands for any text, _ for one character, case doesn't count; plans have OpRegexp instead
	OpIn                // one of a list
	OpIsNull            // only in plans: eq null
	OpNotNull           // only in plans: ne null
)

// operators maps the words of the language.
var operators = map[string]Op{
	"eq": OpEq, "ne": OpNe, "gt": OpGt, "ge": OpGe, "lt": OpLt, "le": OpLe, "bw": OpBegins, "ew": OpEnds, "cs": OpHas, "ct": OpHasFold,
	"contains": OpHasFold, "rx": OpRegexp, "like": OpLike, "in": OpIn,
}

// isText reports whether the operator looks at its operands as text, whatever the column holds.
func (o Op) isText() bool { return o >= OpBegins && o <= OpLike }

// isOrder reports whether the operator is one of gt, ge, lt, le.
func (o Op) isOrder() bool { return o >= OpGt && o <= OpLe }
