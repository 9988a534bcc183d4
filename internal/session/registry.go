package session

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/schema/ynl"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/wire"
)

// Registry is the specs that a program knows: those it ships, those it loaded,
// and folders where more may be found.
type Registry struct {
	// Dial opens sockets; nil is sock.Open. Set it before families are opened:
	// to a kernel in a closure (package socktest), or to a recording.
	Dial func(sock.Options) (*sock.Conn, error)

	// Watcher is told of every message, if there is one. Set it before families
	// are opened.
	Watcher Watcher

	// Tap sees every datagram that sockets send and receive which are opened while
	// it is set. It is called by who sends or receives, several at a time where tasks
	// do, and must not keep the bytes.
	Tap func(Tapped)

	mu     sync.Mutex     // a tap looks specs up while the script runs
	specs  []*schema.Spec // loaded ones first; what is in the list does not change, see all
	errata []byte
	dirs   []string
	core   *schema.Spec // the spec of netlink itself
	consts *Constants   // made when first asked for
}

// coreName is the spec that holds the facts of netlink itself: names of
// protocols, flags, extended acknowledgements.
const coreName = "netlink"

// NewRegistry makes a registry of shipped specs. errata is the YAML overlay
// for specs that are loaded later.
func NewRegistry(shipped []*schema.Spec, errata []byte) *Registry {
	r := &Registry{specs: shipped, errata: errata}
	for _, s := range shipped {
		if s.Name == coreName {
			r.core = s
		}
	}
	return r
}

// LoadFile reads a spec. It takes the place of one of the same name.
func (r *Registry) LoadFile(file string) (*schema.Spec, error) {
	data, err := readSpec(file)
	if err != nil {
		return nil, err
	}
	return r.Load(data, file)
}

// Load reads a spec from memory; file names it in errors.
func (r *Registry) Load(data []byte, file string) (*schema.Spec, error) {
	errata, err := ynl.LoadErrata(r.errata, "errata.yaml")
	if err != nil {
		return nil, err
	}
	spec, err := ynl.Load(data, file, errata)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.specs = append([]*schema.Spec{spec}, r.specs...)
	return spec, nil
}

// all is the specs that are at hand.
func (r *Registry) all() []*schema.Spec {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.specs
}

// AddDir adds a folder of specs. It is looked into when a family is asked for
// that no spec at hand describes, so it costs nothing until then.
func (r *Registry) AddDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		_, err := r.LoadFile(dir)
		return err
	}
	r.dirs = append(r.dirs, dir)
	return nil
}

// Find finds the spec of a family, in memory or in the folders. It returns nil
// without an error where there is none.
func (r *Registry) Find(name string) (*schema.Spec, error) {
	for _, s := range r.all() {
		if s.Name == name {
			return s, nil
		}
	}
	file, err := r.search(func(head []byte) bool { return headValue(head, "name") == name })
	if err != nil || file == "" {
		return nil, err
	}
	return r.LoadFile(file)
}

// Names lists the families that have a spec.
func (r *Registry) Names() []string {
	seen := map[string]bool{coreName: true}
	var names []string
	add := func(name string) {
		if name != "" && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, s := range r.all() {
		add(s.Name)
	}
	_, _ = r.search(func(head []byte) bool {
		add(headValue(head, "name"))
		return false
	})
	sort.Strings(names)
	return names
}

// ofProtocol lists the specs of a raw protocol, those in the folders included.
func (r *Registry) ofProtocol(num int) ([]*schema.Spec, error) {
	var missing []string
	_, err := r.search(func(head []byte) bool {
		if headValue(head, "protonum") == fmt.Sprint(num) {
			missing = append(missing, headValue(head, "name"))
		}
		return false
	})
	if err != nil {
		return nil, err
	}
	for _, name := range missing {
		if _, err := r.Find(name); err != nil {
			return nil, err
		}
	}
	var list []*schema.Spec
	seen := map[string]bool{coreName: true}
	for _, s := range r.all() {
		if !s.Generic() && s.ProtoNum == num && !seen[s.Name] {
			seen[s.Name] = true
			list = append(list, s)
		}
	}
	return list, nil
}

// search returns the first file of the folders that match accepts. It is given
// the file's text and looks at its top level only.
func (r *Registry) search(match func(text []byte) bool) (string, error) {
	for _, dir := range r.dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil {
			return "", err
		}
		for _, file := range files {
			text, err := readSpec(file)
			if err != nil {
				return "", err
			}
			if match(text) {
				return file, nil
			}
		}
	}
	return "", nil
}

// headValue finds a scalar at the top level of a YAML text without parsing it.
func headValue(text []byte, key string) string {
	prefix := []byte(key + ":")
	for len(text) > 0 {
		line := text
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		if rest, ok := bytes.CutPrefix(line, prefix); ok {
			value, _, _ := strings.Cut(string(rest), " #")
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}

// protocol finds a protocol by name or number, "route" or "0".
func (r *Registry) protocol(name string) (num int, ok bool) {
	if e := r.core.FindEnum("protocol"); e != nil {
		if v, ok := e.ValueOf(name); ok {
			return int(v), true
		}
	}
	return 0, false
}

// protocolName is the name of a protocol, its number if it has none.
func (r *Registry) protocolName(num int) string {
	if e := r.core.FindEnum("protocol"); e != nil {
		if name := e.NameOf(int64(num)); name != "" {
			return name
		}
	}
	return strconv.Itoa(num)
}

// ProtocolNames lists the protocols of netlink by name.
func (r *Registry) ProtocolNames() []string {
	if e := r.core.FindEnum("protocol"); e != nil {
		return e.Names()
	}
	return nil
}

// provider says which module or option usually brings a protocol or a generic
// netlink family, "" if unknown.
func (r *Registry) provider(name string) string {
	if c := r.core.FindConst("module-" + name); c != nil {
		return c.Text
	}
	if e := r.core.FindEnum("protocol"); e != nil {
		for i := range e.Entries {
			if e.Entries[i].Name == name {
				module, _, _ := strings.Cut(e.Entries[i].Doc, ":")
				return module
			}
		}
	}
	return ""
}

// flagEnums are the enums of the core spec that name bits of nlmsg_flags. No
// name is in two of them.
var flagEnums = [...]string{"nlm-flags", "nlm-get-flags", "nlm-new-flags", "nlm-delete-flags"}

// MessageFlags are the names that Flags takes.
func (r *Registry) MessageFlags() (all []string) {
	for _, enum := range flagEnums {
		if e := r.core.FindEnum(enum); e != nil {
			all = append(all, e.Names()...)
		}
	}
	return all
}

// Flags is the value of names of message flags: "create", "excl", "echo".
func (r *Registry) Flags(names ...string) (uint16, error) {
	var mask uint16
next:
	for _, name := range names {
		if name == "dump" { // NLM_F_DUMP, which is two of them
			mask |= wire.FlagDump
			continue
		}
		for _, enum := range flagEnums {
			if e := r.core.FindEnum(enum); e != nil {
				if bit, ok := e.ValueOf(name); ok {
					mask |= 1 << uint(bit)
					continue next
				}
			}
		}
		all := r.MessageFlags()
		return 0, &schema.Error{Path: "flags", Got: fmt.Sprintf("%q", name), Want: "one of " + strings.Join(all, ", "), Hint: schema.Suggest(name, all)}
	}
	return mask, nil
}

// FlagNames is the names of the bits in flags, in their order, by those of the
// message flags that mean something for an operation of that name: a bit has
// one name in requests that make something and another in those that delete.
func (r *Registry) FlagNames(flags uint16, op string) []string {
	enums := [...]string{"nlm-flags", "nlm-new-flags"}
	switch {
	case strings.HasPrefix(op, "get"):
		enums[1] = "nlm-get-flags"
	case strings.HasPrefix(op, "del"):
		enums[1] = "nlm-delete-flags"
	}
	var names []string
	for bit := range 16 {
		for _, enum := range enums {
			if e := r.core.FindEnum(enum); e != nil && flags&(1<<bit) != 0 {
				if name := e.NameOf(int64(bit)); name != "" {
					names = append(names, name)
					break
				}
			}
		}
	}
	return names
}

// FamilyName is the name under which a spec is opened: that of its protocol
// where several share one, as the rt- specs share "route".
func (r *Registry) FamilyName(s *schema.Spec) string {
	if s.Generic() || s == r.core {
		return s.Name
	}
	shared := 0
	for _, other := range r.all() {
		if !other.Generic() && other.ProtoNum == s.ProtoNum && other != r.core && other.Name != s.Name {
			shared++
		}
	}
	if shared == 0 {
		return s.Name
	}
	if e := r.core.FindEnum("protocol"); e != nil {
		if name := e.NameOf(int64(s.ProtoNum)); name != "" {
			return name
		}
	}
	return s.Name
}

// mostSpec is how long the text of a spec may be; the longest of the kernel has 60 KB.
const mostSpec = 16 << 20

// readSpec reads a file that may be endless, as /dev/zero is.
func readSpec(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostSpec+1))
	if err == nil && len(text) > mostSpec {
		err = fmt.Errorf("%s: got more than %d bytes, want the text of a spec", file, mostSpec)
	}
	return text, err
}
