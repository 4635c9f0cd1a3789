package perm

// Right is one thing that can be allowed on a row.
type Right uint8

// The rights. List and Read are kept apart because grants will name them apart.
const (
	List Right = iota
	Read
	Create
	Modify
	Delete
)

var rightNames = [...]string{"list", "read", "create", "modify", "delete"}

// String returns the right's name as error texts show it.
func (r Right) String() string {
	if int(r) < len(rightNames) {
		return rightNames[r]
	}
	return "unknown"
}

// rule says what those who are not admins may do with rows of a table that are their own.
type rule struct {
	owner   string   // the column that holds the user's key; "$key" where the row is the user
	rights  []Right  // on own rows
	columns []string // that Modify covers; nil for all that clients write
}

// ruleOf returns the rule of a table; ok is false for the tables that only admins see.
func ruleOf(table string) (r rule, ok bool) {
	switch table {
	case "users":
		return rule{owner: "$key", rights: []Right{List, Read, Modify}, columns: []string{"displayname", "email", "password"}}, true
	case "user_api_keys":
		return rule{owner: "user", rights: []Right{List, Read, Create, Modify, Delete}}, true
	}
	return rule{}, false
}
