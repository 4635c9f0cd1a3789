package perm

// Right is one thing that can be allowed on a row. Its name is that of the column of permissions that grants it.
type Right uint8

// The rights. List is to see a row in lists, Read to read it by its key and through references, Create to make rows of the table
// or, granted on one row, rows whose parent it is. Modify covers actions.
const (
	List Right = iota
	Read
	Create
	Modify
	Delete
)

// All lists the rights.
var All = [...]Right{List, Read, Create, Modify, Delete}

var rightNames = [...]string{"list", "read", "create", "modify", "delete"}

// String returns the right's name as error texts and columns have it.
func (r Right) String() string {
	if int(r) < len(rightNames) {
		return rightNames[r]
	}
	return "unknown"
}

// Rights is a set of rights.
type Rights uint8

// RightsOf makes a set.
func RightsOf(rights ...Right) (set Rights) {
	for _, r := range rights {
		set |= 1 << r
	}
	return set
}

// Has reports whether the set has the right.
func (set Rights) Has(r Right) bool { return set&(1<<r) != 0 }
