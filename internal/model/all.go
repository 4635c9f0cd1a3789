// Package model joins the tables that its areas declare, one file each. An area is a folder with a list of its tables (tables.go) and the
// typed rows that are made from them (rows_gen.go).
package model

import (
	_ "embed"
	"strings"

	"dewpoint/internal/model/access"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/model/system"
	"dewpoint/internal/model/tasks"
	"dewpoint/internal/schema"
)

//go:generate go run dewpoint/internal/model/gen

// Area is a folder of declarations.
type Area struct {
	Name   string // of the folder and its package
	Tables []*schema.Table
}

// Areas returns all of them, in the order of the documents. Tables of one may refer to those of others, by name.
func Areas() []Area {
	return []Area{
		{"cluster", cluster.Tables()},
		{"system", system.Tables()},
		{"access", access.Tables()},
		{"tasks", tasks.Tables()},
		{"compute", compute.Tables()},
		{"network", network.Tables()},
		{"storage", storage.Tables()},
	}
}

// Schema returns all tables. The error of a bad declaration is a defect, so it panics; every test that opens a store would show it.
func Schema() *schema.Schema {
	var tables []*schema.Table
	for _, area := range Areas() {
		for _, t := range area.Tables {
			t.Area = area.Name
			tables = append(tables, t)
		}
	}
	s, err := schema.New(tables...)
	if err != nil {
		panic(err)
	}
	s.Expect(strings.Fields(known)...)
	return s
}

// known are the tables that clients know, whether they are declared or not.
//
//go:embed known.txt
var known string
