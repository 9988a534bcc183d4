package builtins

import (
	crypto "crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/bits"
	"math/rand/v2"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// randomModule is random values. The module's own functions start from the
// kernel's entropy; random.seed makes a generator that repeats itself. Every
// algorithm on top of the stream is in this file, so that a seed gives the same
// values with every Go.
func randomModule() *module {
	var seed [32]byte
	_, _ = crypto.Read(seed[:]) // never fails: Go ends the process instead
	m := &module{name: "random", doc: "random values", members: newGenerator("random", "", seed).methods}
	m.members["seed"] = newFunc("random.seed", randomSeedDoc, []param{{"seed", "int or string", "what the values depend on"}}, randomSeed)
	return m
}

const randomSeedDoc = `makes a generator that always gives the same values for the same seed

The functions of random are its methods, but for seed.

    rnd = random.seed(42)
    rnd.int(1, 6) == random.seed(42).int(1, 6)      # True`

func randomSeed(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var seed starlark.Value
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "seed", &seed); err != nil {
		return nil, err
	}
	switch seed.(type) {
	case starlark.Int, starlark.String:
		text := seed.String()
		return newGenerator("generator", text, sha256.Sum256([]byte(text))), nil
	}
	return nil, fmt.Errorf("%s: for parameter seed: got %s, want int or string", b.Name(), seed.Type())
}

// generator is a stream of random numbers.
type generator struct {
	src     *rand.ChaCha8
	seed    string
	methods starlark.StringDict
}

var _ starlark.HasAttrs = (*generator)(nil)

func (g *generator) Type() string          { return "generator" }
func (g *generator) Freeze()               {} // it goes on, as the clock does
func (g *generator) Truth() starlark.Bool  { return true }
func (g *generator) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: generator") }
func (g *generator) String() string        { return "random.seed(" + g.seed + ")" }

// Attr finds a method.
func (g *generator) Attr(name string) (starlark.Value, error) {
	if v := g.methods[name]; v != nil {
		return v, nil
	}
	return nil, noAttr("generator", name, g.AttrNames())
}

// AttrNames lists the methods.
func (g *generator) AttrNames() []string { return g.methods.Keys() }

func newGenerator(name, text string, seed [32]byte) *generator {
	g := &generator{src: rand.NewChaCha8(seed), seed: text, methods: starlark.StringDict{}}
	add := func(member, doc string, params []param, body funcBody) {
		g.methods[member] = newFunc(name+"."+member, doc, params, body)
	}
	seq := param{"seq", "list", "or anything else that can be iterated over"}
	add("int", randomIntDoc, []param{{"lo", "int", "the smallest"}, {"hi", "int", "the largest"}}, g.int)
	add("float", randomFloatDoc, nil, g.float)
	add("choice", randomChoiceDoc, []param{seq}, g.choice)
	add("shuffle", randomShuffleDoc, []param{seq}, g.shuffle)
	add("sample", randomSampleDoc, []param{seq, {"n", "int", "how many"}}, g.sample)
	add("bytes", randomBytesDoc, []param{{"n", "int", "how many, at most 2^24"}}, g.bytes)
	add("mac", randomMACDoc, nil, g.mac)
	add("addr", randomAddrDoc, []param{prefixParam}, g.addr)
	return g
}

// below is a number from 0 to n - 1, all equally likely; 0 stands for 2^64. The
// product spreads the numbers over n; what would favour some is drawn again
// (Lemire, "Fast random integer generation in an interval").
func (g *generator) below(n uint64) uint64 {
	if n == 0 {
		return g.src.Uint64()
	}
	for {
		hi, lo := bits.Mul64(g.src.Uint64(), n)
		if lo >= n || lo >= -n%n {
			return hi
		}
	}
}

// belowBig is below for n of any size: it draws as many bits as n - 1 has until
// the number is small enough.
func (g *generator) belowBig(n *big.Int) *big.Int {
	size := new(big.Int).Sub(n, big.NewInt(1)).BitLen()
	for {
		buf := g.draw((size + 7) / 8)
		if len(buf) > 0 && size%8 != 0 {
			buf[0] &= 1<<(size%8) - 1
		}
		if x := new(big.Int).SetBytes(buf); x.Cmp(n) < 0 {
			return x
		}
	}
}

func (g *generator) draw(n int) []byte {
	buf := make([]byte, 0, n+7)
	for len(buf) < n {
		buf = binary.LittleEndian.AppendUint64(buf, g.src.Uint64())
	}
	return buf[:n]
}

const randomIntDoc = `returns an int from lo to hi, both included

    1 <= random.int(1, 6) and random.int(1, 6) <= 6         # True`

func (g *generator) int(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var lo, hi starlark.Int
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "lo", &lo, "hi", &hi); err != nil {
		return nil, err
	}
	size := hi.Sub(lo).Add(starlark.MakeInt(1))
	if size.Sign() <= 0 {
		return nil, fmt.Errorf("%s: for parameter hi: got %s, want at least %s", b.Name(), hi, lo)
	}
	if n, ok := size.Uint64(); ok {
		return lo.Add(starlark.MakeUint64(g.below(n))), nil
	}
	return lo.Add(starlark.MakeBigInt(g.belowBig(size.BigInt()))), nil
}

const randomFloatDoc = `returns a float from 0.0 to 1.0, 1.0 excluded

    random.float() < 1.0                    # True`

func (g *generator) float(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(b.Name(), args, kwargs); err != nil {
		return nil, err
	}
	return starlark.Float(float64(g.src.Uint64()>>11) / (1 << 53)), nil
}

const randomChoiceDoc = `returns one of the elements

    random.choice(["veth", "bridge"]) in ["veth", "bridge"]     # True`

func (g *generator) choice(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	elems, _, err := g.elems(th, b, args, kwargs, false)
	if err != nil {
		return nil, err
	}
	if len(elems) == 0 {
		return nil, fmt.Errorf("%s: for parameter seq: got no elements, want some", b.Name())
	}
	return elems[g.below(uint64(len(elems)))], nil
}

// elems reads the parameters seq and n.
func (g *generator) elems(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple, count bool) ([]starlark.Value, int, error) {
	var seq starlark.Iterable
	n := 0
	pairs := []any{"seq", &seq}
	if count {
		pairs = append(pairs, "n", &n)
	}
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, pairs...); err != nil {
		return nil, 0, err
	}
	var elems []starlark.Value
	it := seq.Iterate()
	defer it.Done()
	var v starlark.Value
	for it.Next(&v) {
		if err := checkpoint(th, len(elems)); err != nil {
			return nil, 0, err
		}
		elems = append(elems, v)
	}
	return elems, n, host.Pending(th)
}

// mix puts n random elements first.
func (g *generator) mix(elems []starlark.Value, n int) {
	for i := range n {
		j := i + int(g.below(uint64(len(elems)-i)))
		elems[i], elems[j] = elems[j], elems[i]
	}
}

const randomShuffleDoc = `returns the elements as a new list in random order

    sorted(random.shuffle([1, 2, 3]))       # [1, 2, 3]`

func (g *generator) shuffle(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	elems, _, err := g.elems(th, b, args, kwargs, false)
	if err != nil {
		return nil, err
	}
	g.mix(elems, len(elems))
	return starlark.NewList(elems), nil
}

const randomSampleDoc = `returns n of the elements as a list, none of them twice

    len(random.sample(range(100), 3))       # 3`

func (g *generator) sample(th *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	elems, n, err := g.elems(th, b, args, kwargs, true)
	if err != nil {
		return nil, err
	}
	if n < 0 || n > len(elems) {
		return nil, fmt.Errorf("%s: for parameter n: got %d, want 0 to %d (that is how many there are)", b.Name(), n, len(elems))
	}
	g.mix(elems, n)
	return starlark.NewList(elems[:n:n]), nil
}

const randomBytesDoc = `returns n random bytes

    len(random.bytes(16))                   # 16`

func (g *generator) bytes(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var n int
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "n", &n); err != nil {
		return nil, err
	}
	if n < 0 || n > 1<<24 {
		return nil, fmt.Errorf("%s: for parameter n: got %d, want 0 to %d", b.Name(), n, 1<<24)
	}
	return starlark.Bytes(g.draw(n)), nil
}

const randomMACDoc = `returns a MAC address of one station that no maker has given out (locally administered)

    ipaddr.mac(random.mac())[1] in "26ae"   # True`

func (g *generator) mac(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackArgs(b.Name(), args, kwargs); err != nil {
		return nil, err
	}
	var m macArg
	copy(m[:], g.draw(len(m)))
	m[0] = m[0]&^1 | 2
	return stringOf(m)
}

const randomAddrDoc = `returns an address of a prefix, any of them

    ipaddr.contains("10.0.0.0/8", random.addr("10.0.0.0/8"))        # True`

func (g *generator) addr(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var p prefixArg
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "prefix", &p); err != nil {
		return nil, err
	}
	a := p.Masked().Addr()
	low := fromBig(g.belowBig(new(big.Int).Lsh(big.NewInt(1), uint(a.BitLen()-p.Bits()))))
	return stringOf(number(a).add(low).addr(a.Is4()))
}
