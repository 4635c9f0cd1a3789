package postgres

import (
	"encoding/json"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// The bounds of what is sent: a notification has less than 8000 bytes, and a transaction that changes very many rows is told by table.
const (
	mostBytes    = 7000
	mostMessages = 32
)

// message is one notification. A transaction with many changes needs several; all but the last say that there is more.
type message struct {
	Server string   `json:"s"`
	Number uint64   `json:"n"` // of the transaction
	Part   int      `json:"p"` // makes messages differ: the server drops one that is equal to another of the transaction
	More   bool     `json:"m,omitempty"`
	Last   int64    `json:"l,omitempty"` // the transaction's last entry in the log of changes
	Rows   []rowRef `json:"c"`
}

// rowRef is one change.
type rowRef struct {
	Table string     `json:"t"`
	Verb  store.Verb `json:"v,omitempty"`
	Key   any        `json:"k,omitempty"` // a number or a text; none means any row
}

// split makes the notifications of a transaction; head says whose they are.
func split(head message, changes []store.Change) ([]string, error) {
	m := head
	var all []string
	size := 0
	flush := func(more bool) error {
		m.More = more
		raw, err := json.Marshal(m)
		all = append(all, string(raw))
		m.Part, m.Rows, size = m.Part+1, nil, 0
		return err
	}
	for _, c := range changes {
		ref := rowRef{Table: c.Table.Name, Verb: c.Verb, Key: c.Key.Any()}
		raw, err := json.Marshal(ref)
		if err != nil {
			return nil, err
		}
		if len(raw) > mostBytes {
			ref.Key = nil
		}
		if size += len(raw) + 1; size > mostBytes && len(m.Rows) > 0 {
			if err := flush(true); err != nil {
				return nil, err
			}
			size = len(raw) + 1
		}
		m.Rows = append(m.Rows, ref)
	}
	if err := flush(false); err != nil {
		return nil, err
	}
	if len(all) > mostMessages {
		return split(head, byTable(changes))
	}
	return all, nil
}

// byTable leaves one change per table, with no key.
func byTable(changes []store.Change) []store.Change {
	var all []store.Change
	seen := map[*schema.Table]bool{}
	for _, c := range changes {
		if !seen[c.Table] {
			seen[c.Table] = true
			all = append(all, store.Change{Table: c.Table, Verb: store.Changed})
		}
	}
	return all
}

// changesOf reads the changes of a message. Tables that only a newer server knows are left out.
func changesOf(s *schema.Schema, rows []rowRef) []store.Change {
	var all []store.Change
	for _, ref := range rows {
		t := s.Table(ref.Table)
		if t == nil {
			continue
		}
		c := store.Change{Table: t, Verb: ref.Verb}
		switch key := ref.Key.(type) {
		case string:
			c.Key = schema.TextValue(key)
		case json.Number:
			n, _ := key.Int64() // written by a server as an integer
			c.Key = schema.IntValue(n)
		}
		all = append(all, c)
	}
	return all
}
