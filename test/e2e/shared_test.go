package e2e

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/test/harness"
)

const onlyAnswers = "this server only answers requests"

// keeperOf tells the one of two servers that keeps what their database has on the host from the one that only answers requests.
func keeperOf(t *testing.T, servers []*harness.Server) (keeper, helper *harness.Server) {
	t.Helper()
	for i, s := range servers {
		if strings.Contains(s.Log(), onlyAnswers) {
			return servers[1-i], s
		}
	}
	t.Fatal("both servers take themselves for the keeper")
	return nil, nil
}

// TestOneOfTwoServersKeepsTheHost runs two servers of one database on one host. Wishes may come through either; one of them acts on them, and the
// other never does, not even alone.
func TestOneOfTwoServersKeepsTheHost(t *testing.T) {
	t.Parallel()
	_, servers := harness.StartShared(t, 2)
	harness.Eventually(t, 10*time.Second, "one says that it only answers requests", func() (bool, string) {
		return slices.ContainsFunc(servers, func(s *harness.Server) bool { return strings.Contains(s.Log(), onlyAnswers) }), ""
	})
	keeper, helper := keeperOf(t, servers)
	c, instance := helper.Table(), keeper.Instance()
	g := makeWhole(c, "kept", "10.76.0.0/24")
	waitPower(c, "vms", g.key, true)
	waitPower(c, "vnets", g.vnet, true)
	before, has := lifeOf(t, keeper, instance, g), traces(keeper, instance)

	c.Must(503, "PUT", "files/"+c.Create("files", map[string]any{"name": "x.iso", "allocated_bytes": 4})+"?filepos=0", "abcd")
	upload := map[string]string{"Upload-Length": "4", "Upload-Metadata": "filename " + base64.StdEncoding.EncodeToString([]byte("y.iso"))}
	if r, err := helper.Resource().DoWith("POST", "virtualization/isos/upload", nil, upload); err != nil || r.Status != 503 {
		t.Errorf("an upload to the helper: %v %s", err, r.Body)
	}

	// Alone it keeps its hands off, over its own restart too.
	keeper.Kill()
	act(c, g, "kill")
	helper.Stop()
	helper.Run()
	rests(t, helper)
	if now := lifeOf(t, keeper, instance, g); now != before {
		t.Errorf("with the keeper away: %+v, before %+v", now, before)
	}
	if d := cmp.Diff(has, traces(keeper, instance)); d != "" {
		t.Errorf("what there is with the keeper away (-before +after):\n%s", d)
	}
	keeper.Run()
	waitPower(c, "vms", g.key, false)
	c.Must(200, "DELETE", "vms/"+g.key, nil)
	c.Must(200, "DELETE", "vnets/"+g.vnet, nil)
	waitClean(t, keeper, instance)
	waitClean(t, helper, instance)
	for _, name := range []string{"instance", "files"} {
		if _, err := os.Stat(filepath.Join(helper.Data, name)); err == nil {
			t.Errorf("the helper's data directory has %s", name)
		}
	}
}

// rests gives a server more time than any of its loops lets pass without a look.
func rests(t *testing.T, s *harness.Server) {
	t.Helper()
	until := time.Now().Add(12 * time.Second)
	harness.Eventually(t, 15*time.Second, "the server answers for a while", func() (bool, string) {
		s.Table().Must(200, "GET", "system", nil)
		return time.Now().After(until), ""
	})
}

// TestACopyOfTheKeeperWaits starts a server in a copy of the keeper's data directory: it acts when the other has ended.
func TestACopyOfTheKeeperWaits(t *testing.T) {
	t.Parallel()
	db, servers := harness.StartShared(t, 1)
	keeper := servers[0]
	data := t.TempDir()
	harness.Eventually(t, 10*time.Second, "the data directory is copied", func() (bool, string) {
		_ = os.RemoveAll(data)
		err := os.CopyFS(data, os.DirFS(keeper.Data)) // fails where a file goes meanwhile, such as a draft that takes its name
		return err == nil, fmt.Sprint(err)
	})
	second := harness.StartIn(t, data, "--database", db.DSN())
	harness.Eventually(t, 10*time.Second, "the copy waits", func() (bool, string) { return strings.Contains(second.Log(), onlyAnswers), second.Log() })
	c, instance := second.Table(), second.Instance()
	vnet := makeVnet(c, "copied", "10.77.0.0/24", nil)
	waitPower(c, "vnets", vnet, true)
	if has := second.Traces(instance); slices.ContainsFunc(has, func(trace string) bool { return strings.HasPrefix(trace, "vnets/") }) {
		t.Errorf("the copy has acted: %v", has)
	}
	keeper.Stop()
	c.Must(200, "DELETE", "vnets/"+vnet, nil)
	waitClean(t, second, instance)
}
