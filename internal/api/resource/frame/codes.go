package frame

// Codes are the names that an area's clients know failures by. The others are the error's own code in capitals.
type Codes struct {
	Invalid  string // a value that a declaration refuses
	NotFound string // the row that the path names
	Exists   string // the name is taken
	InUse    string // something else needs the row
	// Members are the names of columns that have another one in the area's bodies.
	Members map[string]string
}
