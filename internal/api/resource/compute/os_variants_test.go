package compute_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"dewpoint/internal/api/resource/compute"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/store"
	"dewpoint/test/rig/v1"
)

func TestCapabilities(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	a.Update(func(tx *store.Tx) error {
		_, err := store.Create(tx, cluster.NodeSet{}.Name("here").Accelerator("kvm").MachineTypes(`["q35","pc","q35"]`).CPUModels(`["EPYC"]`))
		return err
	})
	r := a.Get("/virtualization/capabilities?arch=x86_64&virt_type=kvm").Want(http.StatusOK)
	r.Check(map[string]string{"data.domain": "kvm", "data.arch": "x86_64", "data.machine_types.0": "pc", "data.machine_types.1": "q35", "data.enums.cpu_model.0": "EPYC", "data.enums.disk_bus.0": "virtio-scsi"})
	if r.At("data.machine_types.2") != nil {
		t.Error("a machine type stands there twice")
	}
	a.Get("/virtualization/capabilities?include_raw=true").Fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	a.Get("/virtualization/capabilities?machine_type=vax").Fails(http.StatusBadRequest, "INVALID_REQUEST")
	a.Get("/virtualization/capabilities?arch=sparc").Fails(http.StatusBadRequest, "INVALID_REQUEST")
}

func TestOSVariants(t *testing.T) {
	t.Parallel()
	a := v1.StartWith(t, func() ([]compute.OSVariant, error) {
		return []compute.OSVariant{{ShortID: "debian12", Name: "Debian 12", Family: "linux"}, {ShortID: "win11", Name: "Microsoft Windows 11", Family: "winnt"}}, nil
	})
	for query, want := range map[string]string{"": "debian12 win11", "?q=WINDOWS": "win11", "?q=debian": "debian12", "?family=linux": "debian12", "?limit=1": "debian12", "?q=plan9": ""} {
		r := a.Get("/virtualization/os-variants" + query).Want(http.StatusOK)
		var ids []string
		for _, v := range r.At("data.variants").([]any) {
			ids = append(ids, v.(map[string]any)["short_id"].(string))
		}
		if got := strings.Join(ids, " "); got != want || r.Text("data.count") != strconv.Itoa(len(ids)) {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	for _, limit := range []string{"0", "2001", "x", "-1"} {
		a.Get("/virtualization/os-variants?limit="+limit).Fails(http.StatusBadRequest, "INVALID_LIMIT")
	}
}
