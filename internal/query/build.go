package query

import (
	"slices"
	"strings"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// Options is what a plan depends on besides the request.
type Options struct {
	// Guard gives the predicate that rows of a table must meet to be seen; nil means there is none. It is asked for every table that
	// the request visits, except for rows that a declared path crosses: such a column belongs to the table that declares it.
	Guard func(*schema.Table) Expr
	// Root takes the place of Guard for the rows that the request is about; nil when they need nothing else than those on the way.
	Root func(*schema.Table) Expr
	// Now is the present moment for {$now}.
	Now time.Time
	// MaxLimit caps the number of rows; 0 means no cap.
	MaxLimit int64
	// Versions asks for the version of each row too. Count asks how many rows meet the request, whatever its limit and offset are. A plan can't have both.
	Versions, Count bool
	// Present tells to which tables the values of a polymorphic column lead that rows have: a plan takes no other ones in, and says in Presumed what
	// it has relied on. Nil takes all tables that the column may lead to.
	Present func(t *schema.Table, f *schema.Field) []string
	// Hidden lets the request name hidden columns, and refuses names that nobody knows: for the manager's own requests, never for a client's.
	Hidden bool
}

// Build resolves a parsed request against table t of s. Errors are of kind Invalid and name the parameter.
func Build(s *schema.Schema, t *schema.Table, ast *AST, opt Options) (*Plan, error) {
	b := &builder{schema: s, opt: opt, guards: map[*schema.Table]*Guard{}}
	if opt.Hidden {
		b.literal++
	}
	p := &Plan{Table: t, Find: newScope(t), Show: newScope(t), Limit: -1, Offset: ast.Offset, Count: opt.Count}
	if err := b.columns(p, ast); err != nil {
		return nil, err
	}
	if opt.Versions && t.Versioned() {
		if err := b.versions(p); err != nil {
			return nil, err
		}
	}
	if err := b.where(p, ast); err != nil {
		return nil, err
	}
	if err := b.order(p, ast); err != nil {
		return nil, err
	}
	if ast.Limit > 0 {
		p.Limit = ast.Limit
	}
	if opt.MaxLimit > 0 && (p.Limit < 0 || p.Limit > opt.MaxLimit) {
		p.Limit = opt.MaxLimit
	}
	p.Unknown, p.Missing, p.Presumed, p.Timed = b.unknown, b.missing, b.presumed, b.timed
	return p, nil
}

// builder resolves one request. Param is the parameter under work, for errors.
type builder struct {
	schema   *schema.Schema
	opt      Options
	param    string
	views    int      // named views inside each other
	nodes    int      // branches and sub-selects made, for maxNodes
	members  int      // of objects in the reply, for maxMembers
	programs int      // instructions of the patterns, for maxPrograms
	numbered int      // rows that bare numbers stand for, for maxRows
	literal  int      // parts under work that are held to the letter: unknown names are errors
	unknown  []string // names that were left out
	missing  []string
	presumed []Presumed
	timed    bool
	sketches int                      // branches under work that are wanted for the shape of their value alone
	sketched int                      // made so far, for maxSketches
	guards   map[*schema.Table]*Guard // made so far
}

// maxNodes bounds the sub-selects of a statement: a path through several polymorphic columns multiplies them.
const maxNodes = 1000

// maxRows bounds the rows that bare numbers stand for: each of them may be one in every table, and the databases take some 30,000 arguments.
const maxRows = 4000

// maxSketches bounds the branches that a request is held against and that its statement leaves out.
const maxSketches = 20_000

// maxMembers bounds the members of all objects in a reply: brackets multiply views.
const maxMembers = 5000

func newScope(t *schema.Table) *Scope { return &Scope{Root: &Source{Table: t}} }

func (b *builder) invalid(code, format string, args ...any) error {
	return errs.New(errs.Invalid, code, b.param+": "+format, args...).On(b.param)
}

// spend counts a sub-select.
func (b *builder) spend() error {
	if b.nodes++; b.nodes > maxNodes {
		return b.invalid("too_complex", "the request reaches too many tables")
	}
	return nil
}

// lacks notes a table that isn't declared.
func (b *builder) lacks(table string) {
	if !slices.Contains(b.missing, table) {
		b.missing = append(b.missing, table)
	}
}

// columns resolves the fields parameter; without one the view "default" of the table counts, else "most".
func (b *builder) columns(p *Plan, ast *AST) (err error) {
	b.param = "fields"
	at := spot{scope: p.Show, src: p.Show.Root}
	if ast.Fields != nil {
		p.Columns, err = b.list(at, ast.Fields)
		return err
	}
	view := "most"
	if p.Table.Views["default"] != "" {
		view = "default"
	}
	p.Columns, err = b.view(at, view)
	return err
}

// versions adds the versions of the row and of the rows that columns of it are kept in, whether these may be seen or not.
func (b *builder) versions(p *Plan) error {
	at := spot{scope: p.Show, src: p.Show.Root, inside: true}
	p.Versions = []*Cell{{Src: at.src, Field: schema.Version}}
	for _, f := range p.Table.Owners() {
		_, err := b.walk(at, []string{f.Name, "$key"}, func(end spot, _ []string) (Node, error) {
			p.Versions = append(p.Versions, &Cell{Src: end.src, Field: schema.Version})
			return Null{}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// where resolves the key, the bare parameters and the filter, with the guard in front.
func (b *builder) where(p *Plan, ast *AST) error {
	at := spot{scope: p.Find, src: p.Find.Root, aliases: aliasesOf(ast.Fields)}
	var parts []Pred
	guard := b.opt.Root
	if guard == nil {
		guard = b.opt.Guard
	}
	if guard != nil {
		g, err := b.predicate(at, guard(p.Table))
		if err != nil {
			return err
		}
		parts = append(parts, g)
	}
	if ast.Key != "" {
		parts = append(parts, b.keyIs(at, ast.Key))
	}
	for _, name := range sortedKeys(ast.Equals) {
		b.param = name
		c, err := b.compare(at, &Compare{Left: Operand{Path: []string{name}, Text: name}, Op: OpEq, Right: []Literal{{Text: ast.Equals[name]}}})
		if err != nil {
			return err
		}
		parts = append(parts, c)
	}
	if ast.Filter != nil {
		b.param = "filter"
		c, err := b.cond(at, ast.Filter)
		if err != nil {
			return err
		}
		parts = append(parts, c)
	}
	p.Where = joinPreds(false, parts)
	return nil
}

// order resolves the sort parameter and appends the key, so that pages never overlap. The key goes in the direction of the column
// before it, as an index on that column does: the database then reads the index from either end instead of sorting.
func (b *builder) order(p *Plan, ast *AST) error {
	b.param = "sort"
	at := spot{scope: p.Find, src: p.Find.Root, aliases: aliasesOf(ast.Fields)}
	for i := range ast.Sort {
		n, err := b.scalar(at, &ast.Sort[i].Operand)
		if err != nil {
			return err
		}
		p.Order = append(p.Order, Order{n, ast.Sort[i].Desc})
		if c, ok := n.(*Cell); ok && c.Src == p.Find.Root && c.Field == nil {
			return nil // what follows a key decides nothing
		}
	}
	down := len(p.Order) > 0 && p.Order[len(p.Order)-1].Desc
	p.Order = append(p.Order, Order{&Cell{Src: p.Find.Root}, down})
	return nil
}

// aliasesOf are the entries of a list by the names that it gives them.
func aliasesOf(items []Item) map[string]*Item {
	named := map[string]*Item{}
	for i := range items {
		if it := &items[i]; it.Alias != "" {
			named[it.Alias] = it
		}
	}
	return named
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func split(path string) []string { return strings.Split(path, "#") }
