package foreign_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/control/foreign"
	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	_ loop.Reconciler = (*foreign.Controller)(nil)
	_ foreign.Host    = (*libvirt.Client)(nil)
)

// host has the domains that a test says.
type host struct {
	domains map[libvirt.Info]string // and their definitions
	away    error
	asked   int
}

func (h *host) List(context.Context, string) (list []libvirt.Info, err error) {
	for d := range h.domains {
		list = append(list, d)
	}
	return list, h.away
}

func (h *host) Definition(_ context.Context, ref libvirt.Ref) (string, bool, error) {
	h.asked++
	for d, text := range h.domains {
		if d.Ref == ref {
			return text, true, nil
		}
	}
	return "", false, errs.New(errs.NotFound, "no_such_domain", "no such domain")
}

func domain(name string, state libvirt.State) libvirt.Info {
	return libvirt.Info{Ref: libvirt.Ref{Name: name, UUID: "00000000-0000-4000-8000-" + strings.Repeat("0", 12-len(name)) + name}, State: state, Run: -1}
}

const plain = `<domain type='qemu'><memory unit='MiB'>512</memory><vcpu>2</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><disk type='file' device='disk'><driver type='qcow2'/><source file='/srv/a.qcow2'/><target dev='vda' bus='virtio'/></disk></devices></domain>`

// TestForeignDomainsAreListed follows domains that come, change and go. Those of any Dewpoint aren't listed.
func TestForeignDomainsAreListed(t *testing.T) {
	t.Parallel()
	db, h, now := rig.Database(t, t.TempDir()), &host{}, time.Unix(1_700_000_000, 0)
	c := foreign.New(foreign.Config{DB: db, Host: h, Log: slog.New(slog.DiscardHandler), Node: 1, Now: func() time.Time { return now }})
	pass := func() (rows map[string]compute.ForeignDomain) {
		t.Helper()
		if err := c.Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows = map[string]compute.ForeignDomain{}
		if err := db.View(t.Context(), func(tx *store.Tx) error {
			found, err := store.FindRows[compute.ForeignDomain](tx)
			for _, r := range found {
				rows[r.Name] = r
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		now = now.Add(15 * time.Second)
		return rows
	}
	h.domains = map[libvirt.Info]string{domain("web", libvirt.Off): plain, domain("dp-ab12-7", libvirt.Running): plain, domain("odd", libvirt.Running): "<"}
	rows := pass()
	web, odd := rows["web"], rows["odd"]
	if len(rows) != 2 || !web.Adoptable || web.State != "off" || web.CPUCores != 2 || web.RAM != 512 || !strings.Contains(web.Disks, "/srv/a.qcow2") || web.Obstacles != "[]" {
		t.Errorf("%d rows, web is %+v", len(rows), web)
	}
	if odd.Adoptable || odd.State != "running" || odd.Obstacles == "[]" {
		t.Errorf("odd is %+v", odd)
	}
	asked := h.asked
	if pass(); h.asked != asked {
		t.Error("definitions are read anew in each pass")
	}
	h.domains = map[libvirt.Info]string{domain("web", libvirt.Running): plain}
	rows = pass()
	if again := rows["web"]; len(rows) != 1 || again.Key != web.Key || again.Adoptable || again.State != "running" {
		t.Errorf("%d rows, web became %+v", len(rows), again)
	}
	h.away = errors.New("away")
	if err := c.Reconcile(t.Context()); err == nil {
		t.Error("a hypervisor that doesn't answer has no domains")
	}
}
