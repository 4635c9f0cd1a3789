package matrix_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// sample is how rows of a table are made and changed. Texts have %d where something new must stand, and {table} for the key of a row of
// that table, which is made for it.
type sample struct {
	create string
	change string
	// takes is what one needs on the rows that the body names; read when empty.
	takes perm.Rights
}

// samples are those of tables whose declaration doesn't say enough.
var samples = map[string]sample{
	"users":                    {`{"name":"person%d","password":"pass word %d"}`, `{"displayname":"%d"}`, 0},
	"members":                  {`{"parent_group":{groups},"member":"users/{users}"}`, `{}`, 0},
	"permissions":              {`{"identity":{identities},"table":"vms","row":{vms},"list":false,"read":false}`, `{"list":false}`, 0},
	"auth_sources":             {`{"name":"s%d","driver":"ldap","settings":{"url":"ldaps://127.0.0.1:1","user_dn":"uid={name},dc=x"}}`, `{"button_color":"#%06d"}`, 0},
	"machine_drives":           {`{"machine":{machines},"disksize":1}`, `{"description":"%d"}`, 0},
	"machine_nics":             {`{"machine":{machines},"vnet":{vnets}}`, `{"description":"%d"}`, 0},
	"machine_devices":          {`{"machine":{machines},"type":"tpm"}`, `{"description":"%d"}`, 0},
	"resource_rules":           {`{"resource_group":"{resource_groups}","name":"r%d","filter":"vendor eq 'x'"}`, `{"name":"s%d"}`, 0},
	"tasks":                    {`{"name":"t%d","owner":"vms/{vms}","action":"poweron"}`, `{"description":"%d"}`, perm.RightsOf(perm.List, perm.Read, perm.Modify)},
	"task_schedule_triggers":   {`{"task":{tasks},"schedule":{task_schedules}}`, `{}`, perm.RightsOf(perm.Read, perm.Modify)},
	"task_events":              {`{"task":{tasks},"table":"vnets","event":"created"}`, `{"context":{"n":%d}}`, perm.RightsOf(perm.Read, perm.Modify)},
	"snapshot_profile_periods": {`{"profile":{snapshot_profiles},"name":"p%d","retention":60}`, `{"name":"q%d"}`, 0},
	"tag_categories":           {`{"name":"c%d","taggable_vms":true}`, `{"description":"%d"}`, 0},
	"tag_members":              {`{"tag":{tags},"member":"vms/{vms}"}`, `{}`, 0},
	"vnets":                    {`{"name":"n%d","network":"10.1.0.0/24"}`, `{"description":"%d"}`, 0},
	"vnet_addresses":           {`{"vnet":{vnets},"type":"static","ip":"10.1.0.9","mac":"52:54:00:00:00:09"}`, `{"description":"%d"}`, 0},
	"vnet_rules":               {`{"vnet":{vnets},"name":"r%d"}`, `{"description":"%d"}`, 0},
	"vnet_rule_aliases":        {`{"name":"a%d","value":"192.0.2.1"}`, `{"description":"%d"}`, 0},
	"files":                    {`{"name":"f%d.iso","allocated_bytes":3}`, `{"description":"%d"}`, 0},
	"vm_imports":               {`{"name":"i%d","file":{appliances},"dry_run":true}`, `{"name":"j%d"}`, 0},
	"database_backups":         {`{"name":"b%d"}`, `{"name":"c%d"}`, 0},
	"settings":                 {"", `{"value":"%d"}`, 0},
	"machines":                 {"", `{"ha_group":"g%d"}`, 0},
	"machine_status":           {"", `{"running":false}`, 0},
	"quarantine":               {"", `{}`, 0},
	"alarms":                   {"", `{"snooze":%d}`, 0},
}

// tableOperations are those that follow from the declarations: table by verb by action, and what stands beside the tables.
func (s *server) tableOperations() (found []operation, uncovered []string) {
	s.Helper()
	simple := func(kind kind, method, path, body string) {
		found = append(found, operation{
			name: method + " " + path, kind: kind, still: "it is no row", public: path == "/version.json" || strings.HasPrefix(path, "/api/sys/tokens"),
			call: func(s *server, _ object) request { return request{method: method, path: path, body: s.numbered(body)} },
		})
	}
	simple(anybody, "GET", "/version.json", "")
	simple(anybody, "GET", "/api/v4", "")
	simple(anybody, "POST", "/api/sys/can", `{"objects":["vms"]}`)
	simple(anybody, "GET", "/api/sys/forms", "")
	simple(own, "DELETE", "/api/sys/tokens/"+strings.Repeat("0", 40), "")
	simple(anybody, "POST", "/api/sys/tokens", `{"login":"x%d","password":"x"}`)
	for _, t := range s.DB.Schema.Tables() {
		if t.Internal {
			continue
		}
		if !t.ReadOnly && sampleOf(t).change == "" {
			uncovered = append(uncovered, "/api/v4/"+t.Name)
			continue
		}
		simple(admins, "GET", "/api/v4/"+t.Name+"/$table", "")
		found = append(found, rowOperations(t)...)
		if t.ActionTable != "" {
			simple(admins, "GET", "/api/v4/"+t.ActionTable+"/$table", "")
			found = append(found, actionOperations(t)...)
		}
	}
	return found, uncovered
}

// rowOperations are the verbs of a table.
func rowOperations(t *schema.Table) (found []operation) {
	path, x := "/api/v4/"+t.Name, sampleOf(t)
	add := func(kind kind, method, tail, body string) *operation {
		op := operation{name: method + " " + path + strings.Replace(tail, "$", "{key}", 1), kind: kind, table: t.Name, make: maker(t.Name)}
		at := func(s *server, key string) request {
			return request{method: method, path: path + strings.Replace(tail, "$", key, 1), body: s.numbered(body)}
		}
		op.call = func(s *server, o object) request { return at(s, o.key.Text()) }
		op.missing = func(s *server) request { return at(s, nowhere(t)) }
		if body == "{}" || t.Name == "machine_status" {
			op.still = "nothing of it can be changed, or it is as it shall be"
		}
		if t.Name == "user_api_keys" && (kind == modifies || kind == deletes) {
			op.make = (*server).plainKey // that of an administrator is no business of the holder's, whatever they hold
		}
		found = append(found, op)
		return &found[len(found)-1]
	}
	list := add(lists, "GET", "", "")
	list.shows = func(_ *server, body string, o object) bool {
		return strings.Contains(body, `"$key":`+o.key.Text()+`,`) || strings.Contains(body, `"$key":`+o.key.Text()+`}`) || strings.Contains(body, `"$key":"`+o.key.Text()+`"`)
	}
	list.call = func(_ *server, _ object) request { return request{method: "GET", path: path + "?fields=$key"} }
	add(reads, "GET", "/$", "")
	if t.Name == "files" {
		list.make = (*server).image
		add(reads, "GET", "/$?download=1", "").make = (*server).image
		add(modifies, "PUT", "/$?filepos=0", "abc")
	}
	if t.Name == "database_backups" {
		add(reads, "GET", "/$?download=1", "")
	}
	if !t.ReadOnly {
		add(modifies, "PUT", "/$", x.change)
	}
	if t.Creatable() {
		add(deletes, "DELETE", "/$", "")
		found = append(found, creation(t))
	}
	return found
}

// plainKey makes an API key of somebody who holds nothing.
func (s *server) plainKey() object {
	s.Helper()
	return s.create("user_api_keys", s.fill(`{"name":"key%d","user":{users}}`, map[string]object{}))
}

// creation makes a row of the table, below a row of its parent's table where it has one.
func creation(t *schema.Table) operation {
	x, refs := sampleOf(t), map[string]object{}
	op := operation{name: "POST /api/v4/" + t.Name, kind: creates, table: t.Name}
	op.make = func(s *server) object {
		clear(refs)
		s.fill(x.create, refs)
		if t.Parent != "" && refs[t.Field(t.Parent).Ref].table != "" {
			return refs[t.Field(t.Parent).Ref]
		}
		return maker(t.Name)(s)
	}
	op.call = func(s *server, _ object) request {
		return request{method: "POST", path: "/api/v4/" + t.Name, body: s.numbered(s.fill(x.create, refs))}
	}
	op.refers = func(*server, object) (on []object, rights perm.Rights) {
		for _, o := range refs {
			on = append(on, o)
		}
		if rights = x.takes; rights == 0 {
			rights = perm.RightsOf(perm.Read)
		}
		return on, rights
	}
	op.free = t.Own.Make // everybody makes API keys and favorites for themselves
	op.parent = t.Parent != ""
	return op
}

// fill puts the keys of rows into a body; refs keeps them from one body to the next.
func (s *server) fill(body string, refs map[string]object) string {
	s.Helper()
	return placeholder.ReplaceAllStringFunc(body, func(text string) string {
		name := strings.Trim(text, "{}")
		if name == "appliances" || name == "appliance_ids" {
			return s.applianceIn(refs, name == "appliance_ids")
		}
		if s.DB.Schema.Table(name) == nil {
			return text
		}
		if _, known := refs[name]; !known {
			refs[name] = maker(name)(s)
		}
		return refs[name].key.Text()
	})
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// maker makes rows of a table: by the engine where clients can, else as controllers do, unless there is one.
func maker(table string) func(*server) object {
	return func(s *server) object {
		s.Helper()
		if t := s.DB.Schema.Table(table); t.Creatable() && t.NotBuilt == "" && sampleOf(t).create != "" {
			body := strings.Replace(sampleOf(t).create, `"list":false`, `"list":true`, 1) // so that a permission has something to be taken away
			return s.create(table, s.fill(body, map[string]object{}))
		}
		return s.existing(table)
	}
}

func (s *server) existing(table string) (o object) {
	s.Helper()
	if table == "machines" || table == "machine_status" || table == "identities" {
		return s.twin(table)
	}
	o.table = table
	s.update(func(tx *store.Tx) error {
		rows, err := tx.Find(table)
		if err == nil && len(rows) > 0 && table != "quarantine" { // whose rows take one wish at a time
			o.key = rows[0].Key
			return nil
		}
		r := schema.NewRecord(tx.Schema().Table(table))
		for i, f := range r.Table.Fields {
			if f.IsRequired && f.IsRow() && f.Ref != "" {
				r.PutAt(i, schema.IntValue(1))
			}
		}
		if r.Table.Key == schema.NameKey {
			r.Key = schema.TextValue("probe")
		}
		if types, err := tx.Find("alarm_types"); err == nil && table == "alarms" {
			r.Put("alarm_type", types[0].Key)
		}
		_, err = tx.Create(r, nil)
		o.key = r.Key
		return err
	})
	return o
}

// twin is a row that comes with another.
func (s *server) twin(table string) object {
	s.Helper()
	of, column := maker("vms")(s), "machine"
	if table == "identities" {
		of, column = maker("users")(s), "identity"
	}
	o := object{table: table}
	s.update(func(tx *store.Tx) error {
		r, err := tx.Get(of.table, of.key)
		if err == nil {
			o.key = r.Get(column)
		}
		return err
	})
	return o
}

// actionOperations are all actions in one style, and the other styles with one of them.
func actionOperations(t *schema.Table) (found []operation) {
	add := func(name, method string, at func(key string) (path, body string)) {
		op := operation{name: name, kind: modifies, table: t.Name, make: maker(t.Name), still: "whether an action changes something depends on the state of the row"}
		about := func(key string) request {
			path, body := at(key)
			return request{method: method, path: path, body: body}
		}
		op.call = func(_ *server, o object) request { return about(o.key.Text()) }
		op.missing = func(*server) request { return about(nowhere(t)) }
		found = append(found, op)
	}
	named := func(key string, a schema.Action) string {
		ref, _ := json.Marshal(key)
		var params []string
		for _, f := range a.Params {
			if f.IsRequired {
				params = append(params, strings.ReplaceAll(member(f), "%d", "1"))
			}
		}
		return fmt.Sprintf(`{%q:%s,"action":%q,"params":{%s}}`, t.ActionRef, ref, a.Name, strings.Join(params, ","))
	}
	for _, a := range t.Actions {
		add("POST /api/v4/"+t.ActionTable+" "+a.Name, "POST", func(key string) (string, string) { return "/api/v4/" + t.ActionTable, named(key, a) })
	}
	first := t.Actions[0].Name
	add("POST /api/v4/"+t.ActionTable+"/"+first, "POST", func(key string) (string, string) {
		return "/api/v4/" + t.ActionTable + "/" + first, named(key, t.Actions[0])
	})
	for _, method := range []string{"PUT", "POST"} {
		add(method+" /api/v4/"+t.Name+"/{key}/"+first, method, func(key string) (string, string) { return "/api/v4/" + t.Name + "/" + key + "/" + first, "{}" })
	}
	add("PUT /api/v4/"+t.Name+"/{key}?action="+first, "PUT", func(key string) (string, string) { return "/api/v4/" + t.Name + "/" + key + "?action=" + first, "{}" })
	return found
}

// nowhere is a key of the table that no row has.
func nowhere(t *schema.Table) string {
	if t.Key == schema.NameKey {
		return "nowhere"
	}
	return "987654"
}
