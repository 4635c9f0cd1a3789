package compute

import (
	"context"
	"net/http"
	"time"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

// vmMetrics is what a VM uses.
type vmMetrics struct {
	UUID        string  `json:"uuid"`
	Timestamp   string  `json:"timestamp" format:"date-time" doc:"when what is told was last seen to change"`
	CPUTime     int64   `json:"cpu_time" doc:"of processors since the guest's start, in nanoseconds, to the second"`
	CPUUsage    float64 `json:"cpu_usage" doc:"of its processors since the measurement before, in percent"`
	MemoryUsed  int64   `json:"memory_used" doc:"in KiB"`
	MemoryUsage float64 `json:"memory_usage" doc:"of what it has, in percent"`
	DiskRead    int64   `json:"disk_read" doc:"bytes from all its disks since the guest's start"`
	DiskWrite   int64   `json:"disk_write" doc:"bytes"`
	NetworkRX   int64   `json:"network_rx" doc:"bytes by all its cards"`
	NetworkTX   int64   `json:"network_tx" doc:"bytes"`
}

// metricsRow is a VM with what is measured of it.
type metricsRow struct {
	UUID    string `json:"uuid"`
	Machine struct {
		Status struct {
			Running bool `json:"running"`
		} `json:"status"`
		Stats struct {
			CPU      int64 `json:"total_cpu"`
			CPUTime  int64 `json:"cpu_time"`
			Used     int64 `json:"ram_used"`
			Given    int64 `json:"vram_used"`
			Modified int64 `json:"modified"`
		} `json:"stats"`
		Drives []struct {
			Stats struct {
				Read  int64 `json:"read_bytes"`
				Write int64 `json:"write_bytes"`
				Seen  int64 `json:"last_update"`
			} `json:"stats"`
		} `json:"drives"`
		NICs []struct {
			Stats struct {
				RX int64 `json:"rx_bytes"`
				TX int64 `json:"tx_bytes"`
			} `json:"stats"`
		} `json:"nics"`
	} `json:"machine"`
}

const metricsFields = "uuid,machine[status[running],stats[total_cpu,cpu_time,ram_used,vram_used,modified],drives[stats[read_bytes,write_bytes,last_update]],nics[stats[rx_bytes,tx_bytes]]]"

type metricsInput struct {
	ID string `path:"id"`
}

func addMetrics(s *service, f Family) {
	o := f.operation("get-vm-metrics", http.MethodGet, "/{id}/metrics", "Tell what a virtual machine uses")
	o.Doc = "Of a machine that is off, cpu_usage and memory_used are 0. The table API has the history: /api/v4/machine_stats_history_short."
	frame.Add(s.Server, o, func(ctx context.Context, in *metricsInput) (vmMetrics, error) { return s.metrics(ctx, in.ID) })
	addMetricsStream(s, f)
}

func (s *service) metrics(ctx context.Context, id string) (vmMetrics, error) {
	request := vmRequest(id)
	request.Fields = metricsFields
	row, err := engine.One[metricsRow](ctx, s.Engine, "vms", query.Request{Fields: request.Fields, Equals: request.Equals}, perm.Read)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "vm_not_found", "there is no VM %q", id)
	}
	return row.shown(), err
}

// shown sums up the parts.
func (r *metricsRow) shown() vmMetrics {
	m, seen := vmMetrics{UUID: r.UUID}, r.Machine.Stats.Modified
	for _, d := range r.Machine.Drives {
		m.DiskRead += d.Stats.Read
		m.DiskWrite += d.Stats.Write
		seen = max(seen, d.Stats.Seen)
	}
	for _, n := range r.Machine.NICs {
		m.NetworkRX += n.Stats.RX
		m.NetworkTX += n.Stats.TX
	}
	m.Timestamp = time.Unix(seen, 0).UTC().Format(time.RFC3339)
	if !r.Machine.Status.Running {
		return m
	}
	const kib = 1024 // in a MiB
	st := r.Machine.Stats
	m.CPUTime, m.CPUUsage, m.MemoryUsed = st.CPUTime*int64(time.Second), float64(st.CPU), st.Used*kib
	if st.Given > 0 {
		m.MemoryUsage = min(float64(st.Used)*100/float64(st.Given), 100)
	}
	return m
}
