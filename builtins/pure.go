package builtins

import (
	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// pure are the modules that compute, and ask nobody but the clock and the
// kernel's entropy.
func pure(scale float64) starlark.StringDict {
	return starlark.StringDict{
		"hex":    hexModule(),
		"ipaddr": ipaddrModule(),
		"json":   jsonModule(),
		"math":   mathModule(),
		"random": randomModule(),
		"re":     reModule(),
		"struct": structFunc(),
		"time":   timeModule(scale),
	}
}

// checkpoint is called for each element by what walks over a value in Go, where
// no instruction of a script notices an interrupt. A range may be endless.
func checkpoint(th *starlark.Thread, i int) error {
	if i&1023 != 1023 {
		return nil
	}
	return host.Context(th).Err()
}
