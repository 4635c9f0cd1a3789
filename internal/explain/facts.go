package explain

import (
	"context"
	"encoding/json"

	"dewpoint/internal/engine"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

// facts are the rows that an answer is made from.
type facts struct {
	VM   vm
	Node *node // that it runs on, or would; nil for none
}

type vm struct {
	Key        int64   `json:"$key"`
	Name       string  `json:"name"`
	Enabled    bool    `json:"enabled"`
	RAM        int64   `json:"ram"`
	Console    string  `json:"console"`
	Video      string  `json:"video"`
	BootOrder  string  `json:"boot_order"`
	GuestAgent bool    `json:"guest_agent"`
	Restart    string  `json:"restart_reason"`
	Machine    machine `json:"machine"`
}

type machine struct {
	Status *status `json:"status"`
	Drives []drive `json:"drives"`
	NICs   []nic   `json:"nics"`
	Stats  *struct {
		RAMUsed int64 `json:"ram_used"`
	} `json:"stats"`
}

type status struct {
	Running    bool   `json:"running"`
	Status     string `json:"status"`
	State      string `json:"state"`
	Info       string `json:"status_info"`
	Wanted     bool   `json:"powerstate"`
	LastUpdate int64  `json:"last_update"`
	Node       *int64 `json:"node"`
}

type drive struct {
	Key     int64  `json:"$key"`
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	Media   string `json:"media"`
	Used    int64  `json:"used_bytes"`
	Source  *int64 `json:"media_source"`
	Status  *struct {
		Status   string  `json:"status"`
		Info     string  `json:"status_info"`
		Progress float64 `json:"progress_pct"`
	} `json:"status"`
}

type nic struct {
	Key     int64  `json:"$key"`
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	IP      string `json:"ipaddress"`
	MAC     string `json:"macaddress"`
	Model   string `json:"interface"`
	Vnet    *vnet  `json:"vnet"`
	// Heard are the addresses that it has by what its guest or its router says.
	Heard []struct {
		IP     string `json:"ip"`
		Source string `json:"source"`
	} `json:"addresses"`
}

type vnet struct {
	Key     int64   `json:"$key"`
	Name    string  `json:"name"`
	Enabled bool    `json:"enabled"`
	DHCP    bool    `json:"dhcp_enabled"`
	Machine machine `json:"machine"`
}

type node struct {
	Key         int64   `json:"$key"`
	Name        string  `json:"name"`
	RAM         int64   `json:"ram"`
	Accelerator string  `json:"accelerator"`
	Reason      string  `json:"accelerator_reason"`
	Machine     machine `json:"machine"`
}

const (
	statusFields = "status[running,status,state,status_info,powerstate,last_update,node]"
	vmFields     = "$key,name,enabled,ram,console,video,boot_order,guest_agent,restart_reason,machine[" + statusFields +
		",drives[$key,name,enabled,media,used_bytes,media_source,status[status,status_info,progress_pct]]" +
		",nics[$key,name,enabled,ipaddress,macaddress,interface,addresses[ip,source],vnet[$key,name,enabled,dhcp_enabled,machine[" + statusFields + "]]]]"
	nodeFields = "$key,name,ram,accelerator,accelerator_reason,machine[" + statusFields + ",stats[ram_used]]"
)

// read reads the rows as the server itself: whoever may read a VM is told what it hangs on.
func read(ctx context.Context, eng *engine.Engine, key string) (*facts, error) {
	ctx = perm.WithActor(ctx, perm.System("explain"))
	v, err := engine.One[vm](ctx, eng, "vms", query.Request{Key: key, Fields: vmFields}, perm.Read)
	if err != nil {
		return nil, err
	}
	nodes, err := engine.List[node](ctx, eng, "nodes", query.Request{Fields: nodeFields, Sort: "$key"})
	if err != nil {
		return nil, err
	}
	f := &facts{VM: v}
	for i := range nodes {
		if at := f.status().Node; f.Node == nil || at != nil && *at == nodes[i].Key {
			f.Node = &nodes[i]
		}
	}
	return f, nil
}

func one[T any](ctx context.Context, eng *engine.Engine, table string, r query.Request) (row T, err error) {
	err = eng.Query(ctx, table, r, func(raw json.RawMessage) error { return json.Unmarshal(raw, &row) })
	return row, err
}

// status is that of the VM's machine.
func (f *facts) status() status { return f.VM.Machine.state() }

func (m machine) state() status {
	if m.Status == nil {
		return status{}
	}
	return *m.Status
}
