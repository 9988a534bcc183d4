// Package stdlib is the library of nlsh that is written in Starlark itself: each *.star file here
// is a module of that name, loaded with
//
//	load("@std//table.star", "table")
//
// A module only uses what a script can use too. There is no Go code here but the embedding.
package stdlib

import (
	"embed"
	"io/fs"
)

//go:embed *.star bridge/*.star ip/*.star ipjson/*.star topo/*.star
var files embed.FS

// FS has the modules by file name.
func FS() fs.FS { return files }
