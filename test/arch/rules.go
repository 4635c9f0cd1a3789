// Package arch checks which package imports which. The rules are data, in this file; to add an import,
// add it here with its reason, or find the place where the line belongs instead.
package arch

// module is the path that all packages of this repository share.
const module = "dewpoint"

// rule says what the packages of one area (the first folder below internal/, or cmd) may import of ours.
// Packages of one area may import each other, except where the area is in apart.
type rule struct {
	may []string
	why string // what the imports beyond the obvious are for
}

// rules has every area. An area that is missing here may not exist.
var rules = map[string]rule{
	"errs":      {why: "everybody imports it"},
	"fileio":    {why: "what several areas do to files, and the standard library leaves to them"},
	"pause":     {why: "the one way to wait for a while, unless somebody calls it off"},
	"lru":       {why: "the one way to keep what was used last, whoever keeps it"},
	"mark":      {why: "the names that our things carry on the host"},
	"schema":    {may: []string{"errs"}, why: "a field's check answers with typed errors"},
	"seal":      {why: "the one way in which secrets lie in the database"},
	"query":     {may: []string{"schema", "errs"}},
	"perm":      {may: []string{"schema", "query", "errs"}},
	"subnet":    {may: []string{"errs"}, why: "which addresses a network has: its declaration checks them, hooks complete them, controllers and the resource API use them"},
	"cloudinit": {may: []string{"model", "errs"}, why: "what a VM's files become on the disk that cloud-init reads: hooks check it, the VM controller makes it, the resource API writes such files"},
	"explain":   {may: []string{"engine", "perm", "query"}, why: "rows are read with the rights of who asks, and then with the server's own"},
	"keyboard":  {may: []string{"errs"}, why: "which keys make a text: the declaration lists its layouts, the hook refuses what they lack, the controller presses them"},
	"calendar":  {why: "when a schedule is due, which its declaration checks, its hooks show and its controller waits for"},
	"model":     {may: []string{"schema", "calendar", "keyboard", "subnet", "errs"}, why: "a schedule's row is read as the calendar takes it, and a network's as its addresses are worked out"},
	"store":     {may: []string{"schema", "query", "lru", "pause", "errs"}},
	"event":     {may: []string{"store", "schema", "errs"}, why: "follows the store's change feed"},
	"operation": {may: []string{"store", "model", "schema", "errs"}, why: "an operation is a row"},
	"held":      {may: []string{"store", "model", "schema", "errs"}, why: "what guests have of the host is told in status rows, and asked of them"},
	"layer":     {may: []string{"store", "model", "schema", "errs"}, why: "the frozen files beneath disks are rows, which two areas of controllers and the hooks of drives read"},
	"place":     {may: []string{"store", "model"}, why: "which addresses a rule's words stand for: hooks refuse names of nothing, the controller compiles"},
	"applied":   {may: []string{"store", "model", "schema", "errs"}, why: "rows in force are kept in a row"},
	"backup": {
		may: []string{"datadir", "store", "model", "schema", "fileio", "errs"},
		why: "reads and makes databases of either kind, and fits the restored one to its directory",
	},
	"datadir": {
		may: []string{"store", "model", "schema", "errs"},
		why: "which database a data directory belongs to stands in the system's row and in the numbers that were given to rows",
	},
	"engine": {
		may: []string{"store", "perm", "query", "schema", "event", "model", "operation", "applied", "seal", "lru", "pause", "errs"},
		why: "the log of changes is a row, and so is an operation; it knows the rows of no other table",
	},
	"tables": {
		may: []string{"engine", "keyboard", "store", "perm", "query", "schema", "model", "operation", "held", "layer", "place", "subnet", "cloudinit", "errs"},
		why: "hooks of a table work on its typed rows inside the engine's transaction, and ask for operations in it",
	},
	"console": {
		may: []string{"store", "model", "schema", "errs"},
		why: "where a console is and who looks at it are rows; its sockets are an interface",
	},
	"served": {may: []string{"store", "schema", "errs"}, why: "the clock that nobody can set is a row"},
	"space":  {may: []string{"store", "errs"}, why: "what was announced is read in the transaction that announces more"},
	"quarantine": {
		may: []string{"store", "model", "schema", "served", "fileio", "errs"},
		why: "the one way in which sweeps put away what no row stands for; it makes the rows that say so",
	},
	"media": {
		may: []string{"store", "model", "schema", "event", "quarantine", "space", "fileio", "errs"},
		why: "bytes of the table files: both dialects send them, and rows say what is there",
	},
	"auth": {
		may: []string{"engine", "store", "perm", "model", "query", "schema", "seal", "served", "errs"},
		why: "people, sessions and keys are rows",
	},
	"api": {
		may: []string{"engine", "event", "auth", "perm", "schema", "query", "model", "space", "web", "mark", "subnet", "cloudinit", "explain", "fileio", "lru", "pause", "console", "errs"},
		why: "both dialects relay consoles; the resource API shapes typed rows and says what a network's bridge is called; web is the built page it serves",
	},
	"control": {
		may: []string{"keyboard", "store", "operation", "applied", "held", "layer", "place", "event", "model", "schema", "query", "host", "backup", "datadir", "quarantine", "space", "mark", "subnet", "cloudinit", "fileio", "pause", "errs"},
		why: "a wish is read by a plan over declared tables; one of the wishes is a backup, as large as the database's file",
	},
	"cluster": {may: []string{"store", "event", "model", "schema", "query", "errs"}},
	"host":    {may: []string{"mark", "fileio", "errs"}, why: "drivers never see rows"},
	"config":  {may: []string{"errs"}},
	"logs":    {may: []string{"errs"}},
	"metrics": {may: []string{"store", "model", "schema", "errs"}, why: "what there is to tell of VMs, networks and nodes are rows"},
	"web":     {},
	"cmd": {
		may: []string{
			"api", "backup", "console", "control", "cluster", "auth", "config", "datadir", "engine", "event", "host", "logs",
			"mark", "media", "metrics", "model", "operation", "perm", "quarantine", "query", "schema", "space", "store", "tables", "web", "errs",
		},
		why: "joins everything: what api needs of host and control is an interface that cmd fills",
	},
}

// besides lists what a single package may import beyond the rule of its area.
var besides = map[string][]string{
	"internal/host/domxml": {"model"}, // a pure function of typed rows, which asks no host; a copy of each column would be a second place for it
}

// never lists what an area must not reach even through others.
var never = map[string][]string{
	"api":    {"host", "control"},
	"engine": {"host", "control", "api", "tables"},
	"tables": {"host", "control", "api"},
	"store":  {"model"},
}

// apart lists the areas whose members do not meet, with what they share.
var apart = map[string][]string{
	"host":    {"child", "thread"}, // the one way to start a program, and threads that may change their namespaces
	"control": {"loop"},
	// What hooks of several areas ask for: the power of machines, what a bounded API key may not do, and the addresses of a network.
	"tables": {"power", "bounds", "address"},
	"model":  {"column"}, // areas refer to each other's tables by name; what their columns have in common stands there
}

// apartWithin lists folders deeper down whose members do not meet either, with what they share. Neither may what they share see them.
var apartWithin = map[string][]string{
	"internal/api/resource": {"frame", "shape"}, // how operations are registered, and what the replies of several areas have in common
}

// starts has the only package that starts processes, so that no other forgets what a child must not inherit.
const starts = "internal/host/child"

// startsForTests are packages that the program does not hold: they give tests a host, a database, a directory of their own.
var startsForTests = []string{"internal/host/link/linktest", "internal/store/postgres/pgtest", "internal/auth/ldap/ldaptest"}

// library is a module that weighs enough to be kept behind one package.
type library struct {
	path   string
	owners []string
	alone  bool   // packages below an owner may not import it
	why    string // there is more than one owner
}

var libraries = []library{
	{path: "github.com/digitalocean/go-libvirt", owners: []string{"internal/host/libvirt"}},
	{
		path: "libvirt.org/go/libvirtxml", owners: []string{"internal/host/domxml", "internal/host/libvirt"},
		why: "one writes domain XML, the other reads what libvirt made of it",
	},
	{path: "github.com/vishvananda/", owners: []string{"internal/host/link"}},
	{
		path: "github.com/danielgtaylor/huma", owners: []string{"internal/api/resource", "internal/api/resource/frame", "internal/api/table"}, alone: true,
		why: "the resource API's server sets it up, and its frame registers the operations of all areas, which don't see it; the table API only writes its OpenAPI document with its types",
	},
	{path: "github.com/go-ldap/ldap", owners: []string{"internal/auth/ldap"}},
	{path: "github.com/tus/tusd", owners: []string{"internal/api/upload"}},
	{path: "modernc.org/sqlite", owners: []string{"internal/store/sqlite"}},
	{path: "github.com/jackc/pgx", owners: []string{"internal/store/postgres"}},
	{
		path: "github.com/klauspost/compress", owners: []string{"internal/backup", "internal/web/gen"},
		why: "one packs backups; the other packs the UI when it is built, always in the same bytes",
	},
	{path: "github.com/evanw/esbuild", owners: []string{"internal/web/gen"}},
	{path: "github.com/andybalholm/brotli", owners: []string{"internal/web/gen"}},
	{path: "github.com/diskfs/go-diskfs", owners: []string{"internal/host/iso"}},
	{path: "github.com/goccy/go-yaml", owners: []string{"internal/cloudinit"}},
	{path: "github.com/coder/websocket", owners: []string{"internal/api/ws"}},
	{path: "github.com/spf13/cobra", owners: []string{"cmd/dewpoint"}},
}

// small lists libraries that any host driver may use beside its own one.
var small = []string{
	"golang.org/x/",
	"go.uber.org/goleak", // of the packages that tests share
	"github.com/google/uuid",
	"github.com/google/renameio",
	"libvirt.org/go/libvirtxml", // types only
}

// vague are names that say nothing about what is inside a package.
var vague = []string{"util", "utils", "common", "helper", "helpers", "misc", "shared"}
