// Package system has the operations on jobs.
package system

import (
	"dewpoint/internal/api/resource/frame"
)

type service struct {
	*frame.Server
}

// Operations registers all operations of the area.
func Operations(on *frame.Server) {
	for _, add := range []func(*service){addJobs} {
		add(&service{on})
	}
}
