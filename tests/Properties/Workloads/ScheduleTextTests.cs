using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using FsCheck.Xunit;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;
using Xunit;

namespace Hooks.Properties.Workloads;

/// <summary>What runs beside what, as text, and as a program.</summary>
public class ScheduleTextTests
{
    private const string Head = "kernel k\narch   a\nswap   zram\n";

    private static readonly CaseNameChecks Names = new(
        _ => null,
        _ => null,
        _ => null,
        step => KernelCatalogue.All.Any(k => k.Paths.Any(p => p.Steps.Any(s => s.Name == step))) ? null : $"unknown step '{step}'");

    [Fact]
    public void Every_form_prints_as_it_was_written()
    {
        const string Text = Head + """
            P0     map a
            P0     read a             until PteOffsetMapLock
            P0.1   write a 2          until do_wp_page.PteOffsetMapLock#2
            P3.2   pageout d cached   until SetPteAt#2000  # a third thread
            kswapd reclaim P2 b writeback until AddToSwap
            kswapd go                 until SwapWritepage
            P0     go                 until SetPteAt
            P0.1   go
            kswapd go
            fails  data-preservation at P0.1#1 do_wp_page.SetPteAt#2
            fails  progress at kswapd#1 reclaim.IsolateLruFolios

            """;
        var text = Text.ReplaceLineEndings("\n");
        var read = CaseParser.Parse(text, "f", Names);
        Assert.Equal(text, read.ToString());
        Assert.Equal(new Until("PteOffsetMapLock", PathId.DoWpPage, 2), read.Workload.Operations[2].Until);
        Assert.Equal(
            [TaskId.Of(default), TaskId.Of(default), TaskId.Of(default, 1), TaskId.Of(new MmId(3), 2), TaskId.Kswapd, TaskId.Kswapd, TaskId.Of(default), TaskId.Of(default, 1), TaskId.Kswapd],
            read.Workload.Operations.Select(op => op.Task));
        Assert.Equal(new MmId(2), read.Workload.Operations[4].Mm);
    }

    [Theory]
    [InlineData("P0 read a until NoSuchStep", 17, "unknown step 'NoSuchStep'")]
    [InlineData("P0 read a until do_swap_page.NoSuchStep", 17, "unknown step 'NoSuchStep'")]
    [InlineData("P0 read a until do_nothing.SetPteAt", 17, "unknown path 'do_nothing'")]
    [InlineData("P0 read a until none.SetPteAt", 17, "unknown path 'none'")]
    [InlineData("P0 read a until do_swap_page.", 17, "names no step")]
    [InlineData("P0 read a until SetPteAt#0", 17, "1 … 2000")]
    [InlineData("P0 read a until SetPteAt#2001", 17, "1 … 2000")]
    [InlineData("P0 read a until a.b.c", 17, "unknown step 'a.b.c'")]
    [InlineData("P0 read a until SetPteAt#1#2", 17, "unknown step 'SetPteAt#1#2'")]
    [InlineData("P0 read a until", 16, "expected a step such as PteOffsetMapLock")]
    [InlineData("P0 read a until  # SetPteAt", 16, "expected a step such as PteOffsetMapLock")]
    [InlineData("P0 read a until SetPteAt now", 26, "unexpected 'now'")]
    [InlineData("P0 read a until SetPteAt until SetPteAt", 26, "unexpected 'until'")]
    [InlineData("P0 read a before SetPteAt", 11, "expected 'until' and a step")]
    [InlineData("P0 read until SetPteAt", 9, "unknown page 'until'")]
    [InlineData("P0 write a until", 17, "expected a step such as PteOffsetMapLock")]
    [InlineData("P0 pin a write write until SetPteAt", 16, "given twice")]
    [InlineData("P0 go a", 7, "expected 'until' and a step")]
    [InlineData("P0 go 2", 7, "expected 'until' and a step")]
    [InlineData("P0 until SetPteAt", 4, "unknown operation 'until'")]
    [InlineData("P0.7 read a", 1, "P0.1 … P0.{THREAD}")]
    [InlineData("P0.{THREADS} read a", 1, "P0.1 … P0.{THREAD}")]
    [InlineData("P0.0 read a", 1, "P0.1 … P0.{THREAD}")]
    [InlineData("P{MMS}.1 read a", 1, "P0 … P{MM}")]
    [InlineData("P0. read a", 1, "P0.1 … P0.{THREAD}")]
    [InlineData("P0.1.1 read a", 1, "P0.1 … P0.{THREAD}")]
    [InlineData("P0.1", 5, "expected an operation")]
    [InlineData("kswapd", 7, "expected an operation")]
    [InlineData("kswapd write a 1", 8, "kswapd cannot write; expected reclaim or go")]
    [InlineData("kswapd exit", 8, "kswapd cannot exit")]
    [InlineData("kswapd reclaim", 15, "the process whose page is meant")]
    [InlineData("kswapd reclaim a", 16, "unknown word 'a'")]
    [InlineData("kswapd reclaim P0", 18, "expected a page")]
    [InlineData("kswapd reclaim P0.1 a", 16, "unknown word 'P0.1'")]
    [InlineData("kswapd go P0", 11, "expected 'until' and a step")]
    [InlineData("kswapd.1 reclaim P0 a", 1, "unknown word 'kswapd.1'")]
    [InlineData("fails x at P0.7#1 do_swap_page.SetPteAt", 12, "P0.1 … P0.{THREAD}")]
    [InlineData("fails x at P0#0 do_swap_page.SetPteAt", 12, "1 … 10000")]
    [InlineData("fails x at P0#1 do_swap_page.NoSuchStep", 17, "unknown step 'NoSuchStep'")]
    [InlineData("fails x at P0#1", 16, "a path and a step")]
    public void What_is_wrong_is_said_with_its_column_and_what_was_expected(string line, int column, string expected)
    {
        var error = Assert.Throws<CaseSyntaxException>(() => CaseParser.Parse(Head + Sizes.In(line) + "\n", "f.case", Names));
        Assert.Equal((4, column), (error.Line, error.Column));
        Assert.StartsWith($"f.case:4:{column}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(Sizes.In(expected), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_no_text_can_say_is_refused()
    {
        static void Refused(string what, Operation op)
        {
            var error = Assert.Throws<ArgumentException>(() => new Workload([new SwapConfig(true)], [op]));
            Assert.Contains(what, error.Message, StringComparison.Ordinal);
        }

        Refused("kswapd cannot write", new Operation(default, Verb.Write, default, 1, Actor: Actor.Kswapd));
        Refused(Sizes.In("thread {THREADS}"), new Operation(default, Verb.Read, Actor: Operation.Thread(Capacity.Threads)));
        Refused("the first time is 1", new Operation(default, Verb.Read, Until: new Until("SetPteAt", Occurrence: 0)));
    }

    [Fact]
    public void A_hash_directly_behind_a_word_is_a_comment_unless_it_counts()
    {
        var read = CaseParser.Parse("kernel k# a kernel\narch a#\nswap zram# 1\nP0 write a 1# one\nP0 go until SetPteAt#2# two\nP0 read a#b\n", "f");
        Assert.Equal(["# a kernel", "#", "# 1", "# one", "# two", "#b"], read.Comments.Select(c => c.Text));
        Assert.Equal(2, read.Workload.Operations[1].Until!.Occurrence);
        Assert.Equal((byte)1, read.Workload.Operations[0].Value);
    }

    [Theory]
    [InlineData("findings")]
    [InlineData("lab")]
    [InlineData("races")]
    public void The_cases_of_the_documents_read_back_as_they_are(string folder)
    {
        var files = Directory.GetFiles(Path.Combine(Folder(), "..", "..", "..", "docs", folder), "*.case");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var read = CaseParser.Parse(File.ReadAllText(file).ReplaceLineEndings("\n"), file, Names);
            Assert.Equal(read, CaseParser.Parse(read.ToString(), file, Names));
            if (folder == "races") continue;
            Assert.All(read.Workload.Operations, op => Assert.True(op.Until is null && op.Actor == Actor.First && op.Verb != Verb.Go, $"{file}: {op}"));
        }
    }

    [Property(Arbitrary = [typeof(ScheduleArbitrary)], MaxTest = 500)]
    public bool What_is_printed_is_read_back(Workload workload) =>
        Reread(workload).Equals(workload);

    [Property(Arbitrary = [typeof(ScheduleArbitrary)], MaxTest = 50)]
    public bool What_a_program_shrinks_to_is_read_back_too(Workload workload) =>
        Shrinker.Candidates(workload).Take(400).All(candidate => Reread(candidate).Equals(candidate));

    [Property(Arbitrary = [typeof(ScheduleArbitrary)], MaxTest = 80)]
    public bool Any_subsequence_of_an_interleaved_program_is_a_program(Workload workload, uint seed)
    {
        var machine = Machines.Machine("v6.8", Machines.Arm64);
        var watch = machine.Checked.Except(machine.Kernel.ExpectedOn(machine.Architecture));
        for (var i = 0; i < workload.Operations.Length; i++)
        {
            if (machine.Run(new Workload(workload.Swaps, workload.Operations.RemoveAt(i)), watch).Count > 0) return false;
        }

        var lots = new Choices(seed);
        for (var i = 0; i < 20; i++)
        {
            ImmutableArray<Operation> some = [.. workload.Operations.Where(_ => lots.Next(2) == 0)];
            if (machine.Run(new Workload(workload.Swaps, some), watch).Count > 0) return false;
            if (Core.Tasks.UnderWay(in machine.World).Any) return false;
        }

        return true;
    }

    [Property(Arbitrary = [typeof(ScheduleArbitrary)], MaxTest = 100)]
    public bool The_same_interleaved_program_runs_the_same_way_twice(Workload workload)
    {
        // v5.18 loses tags and more: there is something to be the same.
        var machine = Machines.Machine("v5.18", Machines.Arm64);
        var other = Machines.Machine("v5.18", Machines.Arm64);
        var broken = machine.Run(workload, machine.Checked, stopAtFirst: false);
        var hash = machine.World.Hash();
        var violations = broken.Members().Select(id => machine.ViolationOf(id)).ToList();
        machine.Run(Machines.Program("disk", "P0 map b", "P0.1 write b 3", "P0 read b until Access"), InvariantSet.None);
        return machine.Run(workload, machine.Checked, stopAtFirst: false) == broken && machine.World.Hash() == hash
            && broken.Members().Select(id => machine.ViolationOf(id)).SequenceEqual(violations)
            && other.Run(workload, other.Checked, stopAtFirst: false) == broken && other.World.Hash() == hash;
    }

    private static Workload Reread(Workload workload) => CaseParser.Parse("kernel k\narch a\n" + workload, "f").Workload;

    private static string Folder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
