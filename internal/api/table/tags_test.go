package table_test

import "testing"

// tagged is a server with a VM, a network and two categories: env, of which a row has one tag, and free.
func tagged(t *testing.T) *server {
	t.Helper()
	s := start(t)
	s.make("vms", `{"name":"a"}`)
	s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	s.make("tag_categories", `{"name":"env","single_tag_selection":true,"taggable_vms":"true"}`)
	s.make("tag_categories", `{"name":"free","taggable_vms":true,"taggable_vnets":true}`)
	for _, body := range []string{`{"name":"test","category":1}`, `{"name":"live","category":"1"}`, `{"name":"red","category":2}`, `{"name":"blue","category":2}`} {
		s.make("tags", body)
	}
	return s
}

func TestTagsGoWhereTheirCategoryLets(t *testing.T) {
	t.Parallel()
	s := tagged(t)
	s.make("tag_members", `{"tag":1,"member":"vms/1"}`)
	s.make("tag_members", `{"tag":3,"member":"/v4/vms/1"}`)
	s.make("tag_members", `{"tag":4,"member":"vms/1"}`)
	s.make("tag_members", `{"tag":3,"member":"vnets/1"}`)
	for body, status := range map[string]int{
		`{"tag":1,"member":"vms/1"}`:     409, // twice
		`{"tag":2,"member":"vms/1"}`:     409, // a second one of a category that gives one
		`{"tag":1,"member":"vnets/1"}`:   422, // not let
		`{"tag":1,"member":"vms/7"}`:     422, // no such row
		`{"tag":1,"member":"tenants/1"}`: 422, // no such table
		`{"tag":1,"member":"files/1"}`:   422, // never taggable
		`{"tag":9,"member":"vms/1"}`:     422,
		`{"tag":1}`:                      422,
	} {
		s.post("/api/v4/tag_members", body).failed(t, status)
	}
	same(t, "by member", `[{"tag_name":"test","category_name":"env"},{"tag_name":"red","category_name":"free"},{"tag_name":"blue","category_name":"free"}]`,
		s.get("/api/v4/tag_members?filter=member%20eq%20'vms/1'&fields=tag%23name%20as%20tag_name,tag%23category%23name%20as%20category_name").body)
	s.put("/api/v4/tag_members/1", `{"tag":2,"member":"vnets/1"}`).must(t, 200) // both are fixed
	same(t, "after PUT", `{"tag":1,"member":"vms/1"}`, s.get("/api/v4/tag_members/1?fields=tag,member").body)
}

func TestTagsGoWithWhatTheyHangOn(t *testing.T) {
	t.Parallel()
	s := tagged(t)
	for _, body := range []string{`{"tag":1,"member":"vms/1"}`, `{"tag":3,"member":"vms/1"}`, `{"tag":3,"member":"vnets/1"}`, `{"tag":4,"member":"vnets/1"}`} {
		s.make("tag_members", body)
	}
	left := func(what, table, want string) {
		t.Helper()
		same(t, what, want, s.get("/api/v4/"+table+"?fields=$key").must(t, 200).body)
	}
	s.send("DELETE", "/api/v4/vms/1", nil).must(t, 200)
	left("members after a VM went", "tag_members", `[{"$key":3},{"$key":4}]`)
	s.send("DELETE", "/api/v4/tags/4", nil).must(t, 200)
	left("members after a tag went", "tag_members", `[{"$key":3}]`)
	s.send("DELETE", "/api/v4/tag_categories/2", nil).must(t, 200)
	left("members after a category went", "tag_members", `[]`)
	left("tags after a category went", "tags", `[{"$key":1},{"$key":2}]`)
	s.get("/api/v4/vnets/1").must(t, 200)
}
