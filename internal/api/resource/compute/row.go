package compute

import (
	"context"
	"strings"

	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

// vmRow is a VM with everything that its replies show, read by one statement.
type vmRow struct {
	Key         int64  `json:"$key"`
	Name        string `json:"name"`
	Description string `json:"description"`
	UUID        string `json:"uuid"`
	Created     int64  `json:"created"`
	Modified    int64  `json:"modified"`
	Cores       int64  `json:"cpu_cores"`
	RAM         int64  `json:"ram"`
	OSFamily    string `json:"os_family"`
	OSVariant   string `json:"os_description"`
	MachineType string `json:"machine_type"`
	UEFI        bool   `json:"uefi"`
	SecureBoot  bool   `json:"secure_boot"`
	Console     string `json:"console"`
	BootOrder   string `json:"boot_order"`
	CloudInit   string `json:"cloudinit_datasource"`
	OnPowerLoss string `json:"on_power_loss"`
	NeedRestart bool   `json:"need_restart"`
	// RestartReason lists what waits.
	RestartReason string `json:"restart_reason"`
	// Meta is what clients call metadata.
	Meta    map[string]string `json:"meta"`
	Machine machineRow        `json:"machine"`
}

type machineRow struct {
	Key     int64                `json:"$key"`
	Status  *shape.MachineStatus `json:"status"` // nil for who may list the VM and not read it
	Console consoleRow           `json:"console_status"`
	Drives  []driveRow           `json:"drives"`
	NICs    []nicRow             `json:"nics"`
	Devices []deviceRow          `json:"devices"`
}

type deviceRow struct {
	Key  int64  `json:"$key"`
	Type string `json:"type"`
}

type consoleRow struct {
	Active bool   `json:"active"`
	Type   string `json:"type"` // vnc, spice or serial while the VM runs
	Host   string `json:"host"`
	Port   int64  `json:"port"`
}

type driveRow struct {
	Key       int64    `json:"$key"`
	OrderID   int64    `json:"orderid"`
	Interface string   `json:"interface"`
	Media     string   `json:"media"`
	Readonly  bool     `json:"readonly"`
	Size      int64    `json:"disksize"`
	Used      int64    `json:"used_bytes"`
	Tier      string   `json:"preferred_tier"`
	Source    *fileRef `json:"media_source"`
}

type fileRef struct {
	Key  int64  `json:"$key"`
	Name string `json:"name"`
	UUID string `json:"uuid"`
	Size int64  `json:"filesize"`
}

type nicRow struct {
	Key       int64    `json:"$key"`
	OrderID   int64    `json:"orderid"`
	Interface string   `json:"interface"`
	MAC       string   `json:"macaddress"`
	IP        string   `json:"ipaddress"`
	Enabled   bool     `json:"enabled"`
	Status    string   `json:"link"` // up or down, of a guest that runs
	Modified  int64    `json:"modified"`
	Vnet      *vnetRef `json:"vnet"`
	Addresses []struct {
		IP     string `json:"ip"`
		Source string `json:"source"`
	} `json:"addresses"`
	Stats *struct {
		RxBytes   int64 `json:"rx_bytes"`
		TxBytes   int64 `json:"tx_bytes"`
		RxPackets int64 `json:"rx_pckts"`
		TxPackets int64 `json:"tx_pckts"`
	} `json:"stats"`
}

type vnetRef struct {
	Key  int64  `json:"$key"`
	Name string `json:"name"`
}

const vmFields = "$key,name,description,uuid,created,modified,cpu_cores,ram,os_family,os_description,machine_type,uefi,secure_boot,console,boot_order,cloudinit_datasource,on_power_loss,need_restart,restart_reason,meta," +
	"machine[$key,status[" + shape.Fields + "],console_status[active,type,host,port]," +
	"drives[$key,orderid,interface,media,readonly,disksize,used_bytes,preferred_tier,media_source[$key,name,uuid,filesize]]," +
	"nics[$key,orderid,interface,macaddress,ipaddress,enabled,status#status as link,modified,vnet[$key,name],addresses[ip,source],stats[rx_bytes,tx_bytes,rx_pckts,tx_pckts]]," +
	"devices[$key,type]]"

// vm reads the VM that has the id as its UUID or name, for somebody with the rights on it.
func (s *service) vm(ctx context.Context, id string, right perm.Right, more ...perm.Right) (vmRow, error) {
	v, err := engine.One[vmRow](ctx, s.Engine, "vms", vmRequest(id), right, more...)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "vm_not_found", "there is no VM %q", id)
	}
	return v, err
}

func vmRequest(id string) query.Request {
	column := "name"
	if shape.UUID.MatchString(id) {
		column, id = "uuid", strings.ToLower(id)
	}
	return query.Request{Fields: vmFields, Equals: map[string]string{column: id, "is_snapshot": "false"}}
}

// off refuses a change that a running VM can't take.
func (v *vmRow) off(change string) error {
	if v.Machine.Status == nil {
		return errs.New(errs.Denied, "denied", "you may not see whether VM %q runs, and %s can only be changed while it is off", v.Name, errs.Ours(change))
	}
	if v.Machine.Status.Running {
		return errs.New(errs.Conflict, "vm_running", "%s of VM %q can only be changed while it is off; stop it first", change, v.Name)
	}
	return nil
}
