using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Hooks.Arch.Arm64;
using Hooks.Core;
using Hooks.Core.Kernels;
using Hooks.Core.Workloads;
using Hooks.Report.Repro;
using Hooks.Tests;
using Hooks.Zoo;
using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary>Cases as C programs.</summary>
[Collection(WorkingDirectory.Name)]
public sealed class ReproTests : IDisposable
{
    private readonly OwnFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("disk-write", "c")]
    [InlineData("free-shared", "c")]
    [InlineData("pin-write", "kselftest")]
    public async Task Program(string name, string format) => await Verify(Command.RunIn(Root(), $"repro docs/lab/{name}.case --format {format}")).UseParameters(name, format);

    [Fact]
    public async Task A_race() => await Verify(Command.RunIn(Root(), "repro docs/races/13ddaf26be32.case"));

    [Fact]
    public async Task What_user_space_cannot_do()
    {
        string[] programs =
        [
            "P0     fail read\nP0     read a\n",
            "kswapd reclaim P0 a\n",
            "P0     pageout a writeback\nP0     endio a\n",
            "P0     pin a\n",
            "P0     pin a write\nP0     unpin a dirty\n",
            "P0     unmap a\n",
            "P0     read a             until PteOffsetMapLock\nP0.1   fork P1\n",
        ];
        await Verify(string.Join("\n\n", programs.Select(operations => operations + Command.Run("repro -", $"kernel v6.5\narch   none\nswap   disk\nP0     map a\nP0     write a 1\n{operations}"))));
    }

    [Fact]
    public void A_file_that_cannot_be_written() => Assert.Contains("cannot write", Command.Run("repro - --out /no/such/folder/a.c", "kernel v6.5\narch none\nswap zram\nP0 map a\n"), StringComparison.Ordinal);

    /// <summary>All cases of docs and of the zoo: a program and its tests, or why there is none; and each that there is compiles.</summary>
    [FactWith("gcc")]
    public async Task Every_case_is_a_program_that_compiles_or_is_refused()
    {
        var table = new StringBuilder();
        foreach (var (name, @case) in Cases())
        {
            foreach (var format in Enum.GetValues<ReproFormat>())
            {
                var (text, why) = ProgramOf(@case, name, format);
                if (format == ReproFormat.C) table.Append(name).Append(": ").Append(text is null ? why : string.Join(", ", text.Split('\n').SkipWhile(l => !l.StartsWith("static const char *const names", StringComparison.Ordinal)).Skip(1).TakeWhile(l => l != "};").Select(l => l.Trim('\t', ',', '"')))).Append('\n');
                if (text is not null) Compile("gcc", text, ["-Wall", "-Wextra", "-Werror", "-c"]);
            }
        }

        await Verify(table.ToString());
    }

    [FactWith("aarch64-linux-gnu-gcc")]
    public void Programs_with_tags_compile_for_arm64()
    {
        foreach (var (name, @case) in Cases().Where(c => c.Case.Arch != "none"))
        {
            if (ProgramOf(@case, name, ReproFormat.C).Text is { } text) Compile("aarch64-linux-gnu-gcc", text, ["-Wall", "-Wextra", "-Werror", "-O2", "-c"]);
        }
    }

    [FactWith("gcc")]
    public void A_program_about_tags_is_skipped_where_there_are_none()
    {
        if (RuntimeInformation.ProcessArchitecture == Architecture.Arm64) return;
        var program = Compile("gcc", ProgramOf(CaseParser.Parse(File.ReadAllText(Path.Combine(Root(), "docs/lab/zram-read.case")), "zram-read"), "zram-read", ReproFormat.C).Text!, ["-pthread"]);
        using var run = Process.Start(new ProcessStartInfo(program) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var said = run.StandardOutput.ReadToEnd();
        run.WaitForExit();
        Assert.StartsWith("TAP version 13\n1..0 # SKIP ", said, StringComparison.Ordinal);
        Assert.Equal(4, run.ExitCode);
    }

    /// <summary>What a program must find is what the oracle has, and zero beside it where MADV_FREE leaves it open.</summary>
    [Fact]
    public void What_a_program_must_find_is_what_the_oracle_has()
    {
        var machine = new Machine(KernelCatalogue.Get("v7.3"), new Arm64Architecture());
        var (looks, open) = (0, 0);
        for (var i = 0; i < 3000; i++)
        {
            var workload = Generator.Draw(new Choices(Choices.SeedOf(17, i)));
            if (workload.Operations.Any(op => UserSpace.WhyNot(op) is not null || op.Verb is Verb.UffdMove or Verb.UffdWp or Verb.Go || op.Until is not null)) continue;
            var expectations = new Expectations(machine, workload);
            foreach (var op in workload.Operations)
            {
                expectations.Follow(op);
                foreach (var end in expectations.InTheEnd())
                {
                    var oracle = expectations.Oracle.Of(end.At);
                    Assert.True(end.Held.Contains(new Held(oracle.Data, oracle.Tags)), $"workload {i}, after '{op.Task} {op}': {end.At} may hold {string.Join(" or ", end.Held)}, the oracle has {oracle.Data} {oracle.Tags}\n{workload}");
                    if (end.Held.Length > 1) open++;
                    looks++;
                }
            }
        }

        Assert.True(looks > 10_000 && open > 100, $"{looks} looks, {open} of them open");
    }

    /// <summary>Where the model's own checks find data or tags lost, the program would say so.</summary>
    [Theory]
    [InlineData("zram-read", "debian-6.1.192-norestore-noprepare", "not ok")]
    [InlineData("zram-read", "debian-6.1.192", "ok")]
    [InlineData("disk-write", "debian-6.1.192-norestore", "not ok")]
    [InlineData("pin-write", "v7.3", "not ok")]
    [InlineData("free-shared", "debian-6.12.117", "not ok")]
    [InlineData("free-shared", "v7.3", "ok")]
    [InlineData("uffd-move", "v7.3", "not ok")]
    [InlineData("uffd-move", "debian-6.1.192", "skip")]
    [InlineData("swapoff-none", "debian-6.1.192", "not ok")]
    public void The_model_foretells_the_verdict(string name, string kernel, string verdict)
    {
        var @case = CaseParser.Parse(File.ReadAllText(Path.Combine(Root(), "docs", "lab", name + ".case")), name);
        var foretold = ReproForecast.Of(@case, Reference(@case), new Machine(KernelCatalogue.Get(kernel), new Arm64Architecture()));
        Assert.Equal(verdict, foretold!.Verdict);
    }

    /// <summary>Those of docs/findings that are no case's, as <c>hooks lab repro FILE.c</c> compiles them.</summary>
    [FactWith("aarch64-linux-gnu-gcc")]
    public void Programs_of_their_own_compile_for_arm64()
    {
        var programs = Directory.GetFiles(Path.Combine(Root(), "docs", "findings"), "*.c");
        Assert.Equal(3, programs.Length);
        foreach (var program in programs) Compile("aarch64-linux-gnu-gcc", File.ReadAllText(program), ["-Wall", "-Wextra", "-Werror", "-O2", "-c"]);
    }

    /// <summary>docs/findings.md, "Run on real kernels": what the kernels said is what the model says.</summary>
    [Fact]
    public void The_page_of_findings_has_the_verdicts_that_the_model_foretells()
    {
        string[] kernels = ["debian-6.1.192", "debian-6.12.117", "v7.0", "v7.3"];
        var rows = File.ReadLines(Path.Combine(Root(), "docs", "findings.md")).Where(line => line.StartsWith("| [lab/", StringComparison.Ordinal)).ToList();
        Assert.Equal(4, rows.Count);
        foreach (var row in rows)
        {
            var cells = row.Split('|', StringSplitOptions.TrimEntries)[1..^1];
            var name = cells[0].Split('[', ']')[1];
            var @case = CaseParser.Parse(File.ReadAllText(Path.Combine(Root(), "docs", name)), name);
            Assert.Equal(kernels.Select(k => ReproForecast.Of(@case, Reference(@case), new Machine(KernelCatalogue.Get(k), new Arm64Architecture()))!.Verdict), cells[1..].Select(cell => cell.Trim('*')));
        }
    }

    [SupportedOSPlatform("linux")]
    [FactWith("aarch64-linux-gnu-gcc")]
    public async Task In_the_lab()
    {
        const string Fails = """case $line in exec*) echo "| TAP version 13"; echo "| 1..1"; echo "| not ok 1 P0 read a"; echo "ok exit=1"; continue ;; esac""";
        const string Older = """case $line in exec*) echo "cannot no such command"; continue ;; esac""";
        var text = File.ReadAllText(Path.Combine(Root(), "docs/lab/zram-read.case"));
        await Verify(string.Join("\n\n", LabTests.In(Fails, "lab repro - --image fake", text), LabTests.In(Fails, "lab repro - --image unfixed --json", text), LabTests.In(Older, "lab repro - --image fake", text)));
    }

    /// <summary>A kernel that comes to a BUG is the verdict, and what the program had said by then is shown.</summary>
    [SupportedOSPlatform("linux")]
    [FactWith("aarch64-linux-gnu-gcc")]
    public async Task In_the_lab_the_kernel_comes_to_a_bug()
    {
        const string Bug = """case $line in exec*) echo "| TAP version 13"; printf '%s\n' "[    4.0] kernel BUG at mm/memory.c:5092!" "[    4.0] x29: ffffffc080d13c40 x28: ffffffc080d13c40" "[    4.1] Call trace:" >> "$console"; exit 1 ;; esac""";
        var text = File.ReadAllText(Path.Combine(Root(), "docs/large/swapoff.case"));
        await Verify(string.Join("\n\n", LabTests.In(Bug, "lab repro - --image fake", text), LabTests.In(Bug, "lab repro - --image fake --json", text)));
    }

    private static IEnumerable<(string Name, Case Case)> Cases()
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root(), "docs"), "*.case", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(Root(), file);
            yield return (name, CaseParser.Parse(File.ReadAllText(file), name));
        }

        foreach (var specimen in ZooCatalogue.All)
        {
            yield return ($"zoo {specimen.Id}", new Case(specimen.Bug.Kernel.Name, specimen.Bug.Arch.Name, Hunt.Run(specimen, seeds: 1, workloads: 20_000).Catches[0].Finding.Minimal.Workload, [], []));
        }
    }

    private static Machine Reference(Case @case) => new(KernelCatalogue.Get("v7.3"), @case.Arch == "none" ? new Core.Arch.NoArchitecture() : new Arm64Architecture());

    private static (string? Text, string? Why) ProgramOf(Case @case, string name, ReproFormat format)
    {
        try
        {
            return (ReproProgram.Print(@case, name, Reference(@case), format), null);
        }
        catch (CannotReproduceException e)
        {
            return (null, e.Message);
        }
    }

    private string Compile(string compiler, string text, string[] options)
    {
        const string Kselftest = """
            #include <stdio.h>
            #define KSFT_PASS 0
            #define KSFT_FAIL 1
            #define KSFT_SKIP 4
            void ksft_print_header(void);
            void ksft_print_cnts(void);
            void ksft_print_msg(const char *format, ...) __attribute__((format(printf, 1, 2)));
            void ksft_set_plan(unsigned tests);
            _Noreturn void ksft_exit_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
            void ksft_test_result_pass(const char *format, ...) __attribute__((format(printf, 1, 2)));
            void ksft_test_result_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
            void ksft_test_result_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

            """;
        var (folder, program) = (Path.Combine(_folder.Path, "mm"), Path.Combine(_folder.Path, "mm", "program"));
        Directory.CreateDirectory(folder);
        File.WriteAllText(program + ".c", text);
        File.WriteAllText(Path.Combine(_folder.Path, "kselftest.h"), Kselftest);
        using var run = Process.Start(new ProcessStartInfo(compiler, ["-std=gnu11", .. options, "-o", program, program + ".c"]) { RedirectStandardError = true, UseShellExecute = false })!;
        var said = run.StandardError.ReadToEnd();
        run.WaitForExit();
        Assert.True(run.ExitCode == 0, $"{said}\n{text[..Math.Min(text.Length, 800)]}");
        return program;
    }

    private static string Root([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", ".."));
}
