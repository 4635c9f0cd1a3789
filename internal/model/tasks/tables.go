// Package tasks declares actions that are kept to be done again, by the clock or upon events.
package tasks

import "dewpoint/internal/schema"

//go:generate go run dewpoint/internal/model/gen

// Tables lists the tables of the area.
func Tables() []*schema.Table {
	return []*schema.Table{
		tasks(), taskSchedules(), taskScheduleTriggers(), taskEvents(),
	}
}
