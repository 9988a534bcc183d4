package report

import (
	"encoding/json"
	"io"
	"time"

	"github.com/nlsh/nlsh/internal/scenario"
)

// JSONLines writes each result as one line of JSON, with the names of scenario.Result.
type JSONLines struct {
	W   io.Writer
	err error
}

// On implements [Report]: each result has its kernel.
func (*JSONLines) On(string) {}

// Add implements [Report].
func (j *JSONLines) Add(r *scenario.Result) {
	enc := json.NewEncoder(j.W)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); j.err == nil {
		j.err = err
	}
}

// End implements [Report].
func (j *JSONLines) End(time.Duration, string) error { return j.err }
