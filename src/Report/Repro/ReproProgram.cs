using System.Globalization;
using System.Text;
using Hooks.Core;
using Hooks.Core.Mm;
using Hooks.Core.Workloads;

namespace Hooks.Report.Repro;

/// <summary>What a program reports with.</summary>
public enum ReproFormat
{
    /// <summary>TAP lines of its own.</summary>
    C,

    /// <summary>The functions of the kernel's <c>tools/testing/selftests/kselftest.h</c>, which is looked for in the folder above.</summary>
    Kselftest,
}

/// <summary>
/// A case as a stand-alone C program that tests a real kernel: it makes its own swap, does what the case says, and looks whether all that was stored is found
/// again. TAP 13; exit code 0 pass, 1 fail, 4 skip.
/// </summary>
public sealed class ReproProgram
{
    private const int DiskRounds = 20;

    private readonly Case _case;
    private readonly string _name;
    private readonly ReproFormat _format;
    private readonly Traits _traits;
    private readonly Snippets _parts = new();
    private readonly Tests _tests = new();
    private readonly Statements _statements;
    private readonly List<string> _body = [];
    private readonly List<string> _tasks = [];
    private Race? _race;
    private Case? _given;

    private ReproProgram(Case @case, string name, ReproFormat format)
    {
        _case = @case;
        _name = name;
        _format = format;
        _traits = new Traits(@case);
        _statements = new Statements(_parts, _tests, _traits);
    }

    /// <summary>The text of the program of a case.</summary>
    /// <param name="case">The case.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="machine">A kernel that keeps what it is given, for what the program must find; and an architecture with the tags that the case is about, or none.</param>
    /// <param name="format">What it reports with.</param>
    /// <exception cref="CannotReproduceException">User space cannot do it.</exception>
    /// <exception cref="CapacityException">It needs more than the modelled machine has.</exception>
    public static string Print(Case @case, string name, Machine machine, ReproFormat format)
    {
        ArgumentNullException.ThrowIfNull(@case);
        ArgumentNullException.ThrowIfNull(machine);
        UserSpace.Check(@case);
        if (@case.Workload.Operations.Length == 0) throw new CannotReproduceException("it has no operations: there is nothing to do");
        var wide = LargeRange.Widen(@case.Workload, out _, out _);

        // One after the other it is told which areas are too small for large folios; in a race they are what it is about.
        if (new Traits(@case with { Workload = wide }) is { Race: >= 0, HasLarge: true }) wide = new Workload([.. wide.Swaps.Select(LargeRange.WithClusters)], wide.Operations);
        var program = new ReproProgram(@case with { Workload = wide }, name, format) { _given = @case };
        return program.Text(new Expectations(program._traits.HasLarge ? machine.WithClusters : machine, wide));
    }

    private bool IsRace => _traits.Race >= 0;

    private string Text(Expectations expectations)
    {
        Steps(expectations);
        if (_tests.Names.Count == 0) throw new CannotReproduceException("no page is left in the end, and none is read on the way: there is nothing to find");
        var body = _body.ToList();

        // The parts again, in the order in which one reads a program: what the tests report with, the machine, then what the case does.
        var parts = new Snippets();
        parts.Need("basics");
        parts.Need(_format == ReproFormat.C ? "report-c" : "report-kselftest");
        parts.Need("setting");
        if (!IsRace) parts.Need("one_cpu");
        foreach (var disk in _case.Workload.Swaps.Select(s => !s.Synchronous).Distinct()) parts.Need(disk ? "disk" : "zram");
        parts.Need("swap");
        if (_parts.Has("cgroup")) parts.Need("cgroup");
        if (_traits.HasProcesses) parts.Need("processes");
        foreach (var name in _parts.Names.Where(n => n is not "fork")) parts.Need(name);
        parts.Need("try_swap", ("AWAY", _parts.Has("evict_for_sure") ? ["page_out(page);", "evict(page);"] : ["page_out(page);"]));
        if (_traits.HasProcesses) Forks(parts);
        if (IsRace) parts.Need("race");

        var text = new StringBuilder();
        Head(text);
        var rest = new Snippets();
        rest.Need("rounds");
        rest.Need("main", ("SETUP", Setup(parts)), ("ROUND_LOOP", Rounds(parts)));
        text.Append("#define _GNU_SOURCE\n");
        foreach (var header in parts.Headers.Union(rest.Headers).Order(StringComparer.Ordinal)) text.Append("#include <").Append(header).Append(">\n");
        if (_format == ReproFormat.Kselftest) text.Append("#include \"../kselftest.h\"\n");
        text.Append('\n');
        Names(text);
        foreach (var part in parts.Texts) text.Append(part).Append("\n\n");
        foreach (var task in _tasks) text.Append(task).Append('\n');
        text.Append("static void the_case(void)\n{\n");
        foreach (var line in Start(parts).Concat(body)) text.Append(line.Length == 0 ? "" : "\t").Append(line).Append('\n');
        text.Append("}\n\n");
        text.AppendJoin("\n\n", rest.Texts).Append('\n');
        return text.ToString();
    }

    private void Steps(Expectations expectations)
    {
        var operations = _case.Workload.Operations;
        var race = IsRace ? _traits.Race : operations.Length;
        foreach (var op in operations.Take(race).Where(op => op.Verb != Verb.Go))
        {
            if (op.Verb is Verb.Fork or Verb.Exit) Family(expectations.Follow(op));
            else Add($"{op.Task,-6} {op with { Until = null }}", op.Mm, _statements.Of(expectations.Follow(op)));
        }

        var ends = expectations.InTheEnd();
        if (IsRace)
        {
            _race = new Race(expectations, [.. operations.Skip(race).Where(op => op.Verb != Verb.Go)]);
            _statements.Racing = true;
            RaceSteps(_race);
            _statements.Racing = false;
            ends = _race.InTheEnd();
        }

        foreach (var end in ends) Add($"{end.At.Mm,-6} {end.At.Page} in the end", end.At.Mm, (_statements.AtTheEnd(end), ""));
    }

    private void Family(Expected e)
    {
        var words = $"{e.Op.Task,-6} {e.Op}";
        if (e.Result != OpResult.Applied)
        {
            Say(words, "does nothing here");
            return;
        }

        Say(words, "");
        _parts.Need(e.Op.Verb == Verb.Fork ? "fork" : "exit");
        if (e.Op.Verb == Verb.Fork && _statements.Pins > 0) _parts.Need("forget_pins");
        _body.Add(e.Op.Verb == Verb.Fork ? $"fork_process({e.Op.Mm}, {e.Op.Child});" : _traits.HasProcesses ? $"exit_process({e.Op.Mm});" : "return;");
    }

    private void RaceSteps(Race race)
    {
        Say("from here on beside each other, again and again", "");
        foreach (var task in race.Tasks)
        {
            var lines = new List<string>();
            for (var i = 0; i < race.Operations.Length; i++)
            {
                var op = race.Operations[i];
                if (op.Task != task) continue;
                var (done, note) = _statements.Of(race[i]);
                if (lines.Count > 0) lines.Add("");
                lines.Add(Comment($"{op.Task,-6} {op}", note));
                lines.AddRange(done);
            }

            _tasks.Add($"static void {Function(task)}(void)\n{{\n{string.Concat(lines.Select(l => l.Length == 0 ? "\n" : $"\t{l}\n"))}}}\n");
        }

        foreach (var mm in race.Tasks.Select(t => t.Mm).Distinct())
        {
            var functions = string.Join(", ", race.Tasks.Where(t => t.Mm == mm).Select(Function));
            var call = $"race((void (*const[])(void)){{ {functions} }}, {race.Tasks.Count(t => t.Mm == mm)});";
            _body.Add(_traits.HasProcesses ? $"if (self == {mm}) {call}" : call);
        }
    }

    private static string Function(TaskId task) => $"race_{task.ToString().Replace('.', '_')}";

    private void Add(string words, MmId mm, (IReadOnlyList<string> Lines, string Note) step)
    {
        Say(words, step.Note);
        if (step.Lines.Count == 0) return;
        if (!_traits.HasProcesses) _body.AddRange(step.Lines);
        else if (step.Lines.Count == 1 && !step.Lines[0].StartsWith("if", StringComparison.Ordinal)) _body.Add($"if (turn({mm})) {step.Lines[0]}");
        else _body.AddRange([$"if (turn({mm})) {{", .. step.Lines.Select(l => "\t" + l), "}"]);
    }

    private void Say(string words, string note)
    {
        if (_body.Count > 0) _body.Add("");
        _body.Add(Comment(words, note));
    }

    private static string Comment(string words, string note) => $"/* {words}{(note.Length == 0 ? "" : $" ({note})")} */";

    private void Forks(Snippets parts)
    {
        if (!_parts.Has("fork")) return;
        var child = new List<string> { "alarm(SECONDS);" };
        if (_parts.Has("cgroup") && _parts.Has("evict")) child.Add("lock_own_memory();");
        if (_parts.Has("forget_pins")) child.Add("forget_pins();");
        parts.Need("fork", ("IN_CHILD", child));
    }

    private IEnumerable<string> Start(Snippets parts)
    {
        if (_traits.HasProcesses) yield return "start_processes();";
        if (IsRace) yield return "prepare_race();";
        if (parts.Has("evict"))
        {
            yield return "find_own_memory();";
            yield return "lock_own_memory();";
        }

        if (parts.Has("cgroup")) yield return "must(write_text(CGROUP \"/cgroup.procs\", \"0\"));";
        yield return "try_swap();";
        if (parts.Has("leave_tags")) yield return "leave_tags();";
        yield return "";
    }

    private IEnumerable<string> Setup(Snippets parts)
    {
        yield return "set_for_now(\"/proc/sys/vm/page-cluster\", \"0\"); /* one page is read, not its neighbours */";
        if (!IsRace) yield return "stay_on_one_cpu();";
        if (parts.Has("evict")) yield return "set_for_now(\"/sys/kernel/mm/lru_gen/enabled\", \"0\");";
        if (parts.Has("mte")) yield return "start_mte();";
        if (parts.Has("large")) yield return "start_large_folios();";
        if (parts.Has("cgroup")) yield return "make_cgroup();";
        if (parts.Has("disk")) yield return "given_disks = argv + 1;";
        for (var area = 0; area < _case.Workload.Swaps.Length; area++)
        {
            var swap = _case.Workload.Swaps[area];
            yield return $"make_{(swap.Synchronous ? "zram" : "disk")}(areas[{area}].device, {swap.Slots});";
            if (swap.Priority >= 0) yield return $"areas[{area}].flags = SWAP_FLAG_PREFER | {swap.Priority};";
        }

        if (parts.Has("drain_slots")) yield return "make_spare();";
        yield return "others_off();";
        yield return "atexit(swaps_off);";
        if (!_traits.SwitchesSwap) yield return "swaps_on();";
    }

    private IEnumerable<string> Rounds(Snippets parts)
    {
        if (IsRace) yield return "time_t end = time(0) + RACE_SECONDS;";
        yield return $"while ({(IsRace ? "time(0) < end" : "rounds < ROUNDS")} && !interrupted && !failed()) {{";
        if (_traits.SwitchesSwap) yield return "\tswaps_on();";
        if (parts.Has("swap_max")) yield return "\twrite_text(CGROUP \"/memory.swap.max\", \"max\");";
        yield return "\trun_round();";
        yield return "\trounds++;";
        yield return "}";
    }

    private void Names(StringBuilder text)
    {
        if (_traits.HasProcesses) text.Append("enum { ").AppendJoin(", ", Enumerable.Range(0, _traits.Processes).Select(p => $"P{p}")).Append(", PROCESSES };\n\n");
        var pages = _case.Workload.Operations.SelectMany(op => op.Verb is Verb.Mremap or Verb.UffdMove ? new[] { op.Page, op.To } : [op.Page]).Distinct().OrderBy(p => p.Value);
        if (_traits.HasLarge) pages = _case.Workload.Operations.SelectMany(op => op.IsLarge ? Range(op) : op.Verb is Verb.Mremap or Verb.UffdMove ? [op.Page, op.To] : [op.Page]).Distinct().OrderBy(p => p.Value);
        text.Append(_traits.HasLarge ? "/* Side by side, so that a folio can have them all. */\n" : "/* Apart, so that their mappings do not merge, and in one page table. */\n");
        foreach (var page in pages) text.Append(CultureInfo.InvariantCulture, $"static char *const {page} = (char *)0x{0x1000000000 + (page.Value * (_traits.HasLarge ? 0x1000L : 0x20000L)):x};\n");
        text.Append(CultureInfo.InvariantCulture, $"\n#define AREAS {_case.Workload.Swaps.Length}\n#define TESTS {_tests.Names.Count}\n");
        if (IsRace) text.Append(CultureInfo.InvariantCulture, $"#define TASKS {_race!.Tasks.Length}\n#define RACE_SECONDS 20 /* all rounds together */\n");
        else text.Append(CultureInfo.InvariantCulture, $"#define ROUNDS {(_traits.HasDisk ? DiskRounds : 1)}{(_traits.HasDisk ? " /* a disk does not always do the same */" : "")}\n");
        text.Append("#define SECONDS 60 /* a round that takes longer hangs */\n");
        if (_statements.Pins > 0) text.Append(CultureInfo.InvariantCulture, $"#define PINS {_statements.Pins}\n");
        if (_statements.References > 0) text.Append(CultureInfo.InvariantCulture, $"#define REFERENCES {_statements.References}\n");
        text.Append("\nstatic const char *const names[TESTS] = {\n");
        foreach (var name in _tests.Names) text.Append("\t\"").Append(name).Append("\",\n");
        text.Append("};\n\n");
    }

    private static IEnumerable<Vpn> Range(Operation op) => Enumerable.Range(op.Page.Value, op.To.Value - op.Page.Value + 1).Select(p => new Vpn((byte)p));

    private void Head(StringBuilder text)
    {
        text.Append("// SPDX-License-Identifier: GPL-2.0\n/*\n * ").Append(_name).Append('\n');
        foreach (var comment in _case.Comments.Where(c => c.Text.Length > 0)) text.Append(" * ").Append(comment.Text.TrimStart('#', ' ').Replace("*/", "* /", StringComparison.Ordinal)).Append('\n');
        text.Append(" *\n");
        foreach (var line in CaseText.Print((_given ?? _case) with { Comments = [] }).TrimEnd('\n').Split('\n')) text.Append(" *     ").Append(line).Append('\n');
        text.Append(" *\n");
        foreach (var line in About()) text.Append(line.Length == 0 ? " *" : " * ").Append(line).Append('\n');
        text.Append(" */\n");
    }

    private IEnumerable<string> About()
    {
        yield return "What the program has stored it must find again; whatever else it finds fails.";
        yield return "TAP on standard output; exit code 0 pass, 1 fail, 4 skip.";
        yield return "";
        yield return "    cc -O2 -static -pthread -o repro repro.c    (as root: ./repro)";
        yield return "";
        yield return "It makes its own swap, in zram or over a loop device in this folder (./repro /dev/DISK takes";
        yield return "that one, and overwrites it); the machine's own swap is off meanwhile.";
        if (IsRace && _traits.HasLarge) yield return "The area has two clusters of slots at least: a large folio's come from a whole one.";
        else if (_case.Workload.Swaps.Any(s => s.Slots > SwapConfig.PlainSlots)) yield return "How many slots there are matters: the slot cache goes by it (until 6.13, for one CPU; take maxcpus=1).";
        if (_traits.HasLarge)
        {
            yield return "";
            yield return "Pages come in folios of four, which a kernel has from 6.8 on (hugepages-16kB, CONFIG_TRANSPARENT_HUGEPAGE):";
            yield return "so all four are mapped, however many the case names. Without them it is a skip.";
        }

        if (!IsRace) yield break;
        yield return "";
        yield return "In the model a task is left standing in the middle of a system call or fault. User space cannot";
        yield return "do that: here they race, again and again, and the rounds are counted. No failure proves nothing.";
    }
}
