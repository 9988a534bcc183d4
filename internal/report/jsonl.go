package report

import (
	"encoding/json"
	"io"

	"github.com/nlsh/nlsh/internal/scenario"
)

// JSONLines writes a result as one line of JSON, with the names of scenario.Result.
func JSONLines(w io.Writer, r *scenario.Result) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}
