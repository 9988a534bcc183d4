package builtins

import "go.starlark.net/starlark"

// pure are the modules that compute, and ask nobody but the clock and the
// kernel's entropy.
func pure() starlark.StringDict {
	return starlark.StringDict{
		"hex":    hexModule(),
		"ipaddr": ipaddrModule(),
		"json":   jsonModule(),
		"math":   mathModule(),
		"random": randomModule(),
		"re":     reModule(),
		"struct": structFunc(),
		"time":   timeModule(),
	}
}
