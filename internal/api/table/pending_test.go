package table_test

import (
	"testing"

	"dewpoint/test/rig"
)

// TestRulesWaitUntilTheyAreApplied holds what a network says of its rules against what was done to them, in each way that clients apply.
func TestRulesWaitUntilTheyAreApplied(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startOn(t, rig.WithRules(t, dir), dir)
	s.make("vnets", `{"name":"lan","network":"10.1.0.0/24"}`)
	s.make("vnets", `{"name":"other"}`)
	rule := func(name string) func() {
		return func() { s.make("test_rules", `{"vnet":1,"name":"`+name+`","port":80}`) }
	}
	put := func(path, body string) func() { return func() { s.put("/api/v4/"+path, body).must(t, 200) } }
	act := func(body string) func() {
		return func() { s.post("/api/v4/vnet_actions", body).must(t, 201) }
	}
	remove := func(path string) func() { return func() { s.send("DELETE", "/api/v4/"+path, nil).must(t, 200) } }
	for _, step := range []struct {
		what  string
		do    func()
		waits string
	}{
		{"nothing", func() {}, "false"},
		{"a rule is made", rule("a"), "true"},
		{"DNS is applied", put("vnets/1/applydns", ""), "true"},
		{"refresh", act(`{"vnet":1,"action":"refresh"}`), "false"},
		{"the same again", put("test_rules/1", `{"port":80}`), "false"},
		{"another port", put("test_rules/1", `{"port":443}`), "true"},
		{"the port that was", put("test_rules/1", `{"port":"80"}`), "false"},
		{"a change", put("test_rules/1", `{"port":22}`), "true"},
		{"apply", put("vnets/1/apply", ""), "false"},
		{"a second rule", rule("b"), "true"},
		{"which is deleted", remove("test_rules/2"), "false"},
		{"the first is deleted", remove("test_rules/1"), "true"},
		{"a start", act(`{"vnet":1,"action":"poweron"}`), "true"},
		{"powerstate", put("vnets/1", `{"powerstate":false}`), "true"},
		{"a start that applies", act(`{"vnet":1,"action":"poweron","params":{"apply":true}}`), "false"},
		{"a third rule", rule("c"), "true"},
		{"a reset", act(`{"vnet":1,"action":"reset"}`), "true"},
		{"a reset that applies", act(`{"vnet":1,"action":"reset","params":{"apply":true}}`), "false"},
		{"a fourth rule", rule("d"), "true"},
		{"it is to apply at each start", put("vnets/1", `{"apply_fw_on_start":true}`), "true"},
		{"which comes", act(`{"vnet":1,"action":"poweron"}`), "false"},
		{"a fifth rule", rule("e"), "true"},
		{"a client writes the flag", put("vnets/1", `{"need_fw_apply":false}`), "true"},
	} {
		step.do()
		row := `{"need_fw_apply":` + step.waits + `,"need_dns_apply":false}`
		if got := s.get("/api/v4/vnets/1?fields=need_fw_apply,need_dns_apply").must(t, 200).body; got != row {
			t.Errorf("after %s the network says %s, want %s", step.what, got, row)
		}
		if got := s.get("/api/v4/vnets/2?fields=need_fw_apply").must(t, 200).body; got != `{"need_fw_apply":false}` {
			t.Errorf("after %s the other network says %s", step.what, got)
		}
	}
	remove("vnets/1")()
}

// TestARefusedChangeAppliesNothing: what a request was refused leaves what is in force, and what waits, as it was.
func TestARefusedChangeAppliesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startOn(t, rig.WithRules(t, dir), dir)
	s.make("vnets", `{"name":"lan","enabled":false}`)
	s.make("test_rules", `{"vnet":1,"name":"a"}`)
	before := s.dump()
	s.post("/api/v4/vnet_actions", `{"vnet":1,"action":"poweron","params":{"apply":true}}`).must(t, 409)
	s.put("/api/v4/test_rules/1", `{"port":"many"}`).must(t, 422)
	if after := s.dump(); after != before {
		t.Errorf("the rows became\n%s\nfrom\n%s", after, before)
	}
}
