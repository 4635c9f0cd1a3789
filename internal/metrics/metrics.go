// Package metrics says what Prometheus may want to know: of the VMs, networks and nodes what stands in the database, and of our own process what it uses.
package metrics

import (
	"context"
	"io"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
	"golang.org/x/sync/errgroup"

	"dewpoint/internal/store"
)

// Type is the content type of what WriteText writes.
const Type = "text/plain; version=0.0.4; charset=utf-8"

// Source has the metrics of one database and this process.
type Source struct {
	db      *store.DB
	process *prometheus.Registry
	lengths []atomic.Int64 // of the sections, as they were written last
}

// New returns the metrics of db. It asks no host.
func New(db *store.DB) *Source {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return &Source{db: db, process: r, lengths: make([]atomic.Int64, len(sections))}
}

// WriteText writes all metrics in Prometheus' text format. What it says of machines, of drives and of NICs is of one moment each. It asks nobody's permission.
func (s *Source) WriteText(ctx context.Context, w io.Writer) error {
	pages, err := s.pages(ctx)
	if err != nil {
		return err
	}
	for _, page := range pages {
		if _, err := w.Write(page); err != nil {
			return err
		}
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

// pages makes the sections beside each other: their rows are many, and each takes a reader of its own.
func (s *Source) pages(ctx context.Context) ([][]byte, error) {
	pages := make([][]byte, len(sections))
	group, ctx := errgroup.WithContext(ctx)
	for i, section := range sections {
		group.Go(func() error {
			const more = 1 << 10
			before := s.lengths[i].Load()
			t := text{b: make([]byte, 0, before+before/16+more)}
			err := s.db.View(ctx, func(tx *store.Tx) error { return section(tx, &t) })
			pages[i] = t.b
			s.lengths[i].Store(int64(len(t.b)))
			return err
		})
	}
	return pages, group.Wait()
}
