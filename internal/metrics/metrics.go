// Package metrics says what Prometheus may want to know: of the VMs, networks and nodes what stands in the database, and of our own process what it uses.
package metrics

import (
	"context"
	"io"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"dewpoint/internal/store"
)

// Type is the content type of what WriteText writes.
const Type = "text/plain; version=0.0.4; charset=utf-8"

// Source has the metrics of one database and this process.
type Source struct {
	db      *store.DB
	process *prometheus.Registry
}

// New returns the metrics of db. It asks no host.
func New(db *store.DB) *Source {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &Source{db, r}
}

// WriteText writes all metrics in Prometheus' text format. What it says of rows is of one moment. It asks nobody's permission.
func (s *Source) WriteText(ctx context.Context, w io.Writer) error {
	var t text
	if err := s.db.View(ctx, func(tx *store.Tx) error { return rows(tx, &t) }); err != nil {
		return err
	}
	if _, err := w.Write(t.b); err != nil {
		return err
	}
	families, err := s.process.Gather()
	if err != nil {
		return err
	}
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(w, f); err != nil {
			return err
		}
	}
	return nil
}
