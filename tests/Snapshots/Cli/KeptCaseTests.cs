using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary>Cases of earlier runs: replayed first, and put aside when they no longer fail.</summary>
public sealed class KeptCaseTests : IDisposable
{
    private const string TooFewToFind = "check --kernel v5.18 --arch arm64 --workloads 1 --json --out";

    private const string Bits = """
        kernel v6.8
        arch   none
        swap   zram
        P0     map a
        P0     clearrefs
        P0     write a 1
        P0     pageout a
        P0     swapoff 0
        fails  bit-preservation

        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("hooks-kept-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_found_once_is_found_again_without_looking_for_it()
    {
        Assert.DoesNotContain("\"invariant\": \"tag-preservation\"", Command.Run($"{TooFewToFind} {_folder}"), StringComparison.Ordinal);
        Command.Run($"check --kernel v5.18 --arch arm64 --workloads 2000 --out {_folder}");
        var again = Command.Run($"{TooFewToFind} {_folder}");
        Assert.Contains("\"invariant\": \"tag-preservation\"", again, StringComparison.Ordinal);
        Assert.Contains("\"stillFail\": 3", again, StringComparison.Ordinal);
    }

    [Fact]
    public void A_violation_that_was_only_replayed_is_said_to_be_one()
    {
        const string Line = "check --kernel v5.18 --arch arm64 --workloads 2000 --out ";
        const string Said = "  not searched for: kept from an earlier run, and replayed\n", SaidShort = "(kept from an earlier run, and replayed)\n";
        Assert.DoesNotContain(Said, Command.Run(Line + _folder), StringComparison.Ordinal);
        File.Delete(Directory.GetFiles(_folder, "*tag-preservation.case").Single());
        Assert.Equal(3, Command.Run(Line + _folder).Split(SaidShort).Length);
        File.Delete(Directory.GetFiles(_folder, "*tag-preservation.case").Single());
        var again = Command.Run($"{Line}{_folder} --details");
        Assert.Contains("As expected: 3 violations in 3 cases; 2 kept from earlier runs, replayed\n", again, StringComparison.Ordinal);
        Assert.Equal(3, again.Split(Said).Length);
    }

    [Fact]
    public void Running_it_again_says_the_same_of_the_kernels()
    {
        const string Line = "check --kernel v5.18 --arch arm64 --workloads 2000 --json --out ";
        var first = Command.Run(Line + _folder);
        var files = Files();
        var second = Command.Run(Line + _folder);
        Assert.Equal(Results(first), Results(second));
        Assert.Equal(files, Files());
    }

    [Fact]
    public async Task What_no_longer_fails_is_put_aside_and_said_so()
    {
        Write("bits.case", Bits);
        var text = Command.Run($"check --kernel v6.8 --arch none --workloads 2000 --out {_folder}");
        Assert.False(File.Exists(Path.Combine(_folder, "bits.case")));
        Assert.True(File.Exists(Path.Combine(_folder, "fixed", "bits.case")));
        await Verify(text[text.IndexOf("1 case", StringComparison.Ordinal)..].Replace(_folder, "DIR", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pipe_is_not_waited_for_and_what_a_killed_run_has_left_is_cleared()
    {
        using (var pipe = System.Diagnostics.Process.Start("mkfifo", Path.Combine(_folder, "pipe.case"))) pipe.WaitForExit();
        Write(".half.case.999999999.tmp", "half a ca");
        Write($".mine.case.{Environment.ProcessId}.tmp", "another run's");
        Command.Run($"check --kernel v6.8 --arch none --workloads 1 --out {_folder}");
        Assert.Equal([$".mine.case.{Environment.ProcessId}.tmp", "pipe.case"], Directory.GetFiles(_folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_still_fails_stays_under_the_name_it_has()
    {
        Write("bits.case", Bits.Replace("v6.8", "v5.18", StringComparison.Ordinal));
        var text = Command.Run($"check --kernel v5.18 --arch none --workloads 1 --json --out {_folder}");
        Assert.Contains("\"stillFail\": 1", text, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder, "bits.case")));
        Assert.Contains("\"invariant\": \"bit-preservation\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Cases_of_kernels_that_are_not_checked_are_left_alone()
    {
        Write("bits.case", Bits);
        var text = Command.Run($"check --kernel v6.5 --arch none --workloads 1 --json --out {_folder}");
        Assert.DoesNotContain("\"kept\"", text, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder, "bits.case")));
    }

    /// <summary>A tree's cases are saved where the catalogue's are, and have names of its own: of the kernel, and of steps.</summary>
    [Fact]
    public void A_trees_case_is_left_alone_without_a_word_and_says_what_replays_it()
    {
        var file = Path.Combine(_folder, "linux-6.12.117-none-bit-preservation.case");
        Write(Path.GetFileName(file), "# replay: hooks run FILE --source ~/linux\n" + Bits.Replace("v6.8", "linux-6.12.117", StringComparison.Ordinal).Replace("fails  bit-preservation", "fails  bit-preservation at P0#4 shrink_folio_list.RemoveRmap#2", StringComparison.Ordinal));
        Assert.DoesNotContain("left alone", Command.Run($"check --kernel v6.5 --arch none --workloads 1 --out {_folder}"), StringComparison.Ordinal);
        var said = Command.Run($"run {file}");
        Assert.Contains("exit 2", said, StringComparison.Ordinal);
        Assert.Contains($"was read from a tree, and needs it: hooks run {file} --source ~/linux", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_case_is_left_alone_with_a_warning()
    {
        Write("broken.case", "kernel v6.8\narch none\nswap zram\nP0 fly a\n");
        Write("says-nothing.case", Bits[..Bits.IndexOf("fails", StringComparison.Ordinal)]);
        Write("unknown.case", Bits.Replace("v6.8", "v9.9", StringComparison.Ordinal));
        var text = Command.Run($"check --kernel v6.8 --arch none --workloads 2000 --out {_folder}");
        // Beside them is what v6.8 breaks itself.
        Assert.Equal(3, Directory.GetFiles(_folder).Count(file => !Path.GetFileName(file).StartsWith("v6.8-", StringComparison.Ordinal)));
        await Verify(text[text.IndexOf("--- stderr", StringComparison.Ordinal)..].Replace(_folder, "DIR", StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_bytes_whatever_the_number_of_jobs()
    {
        const string Line = "check --kernel v5.17 v5.18 --workloads 500 --json --out ";
        Command.Run(Line + _folder);
        Assert.Equal(Results(Command.Run($"{Line}{_folder} --jobs 1")), Results(Command.Run($"{Line}{_folder} --jobs 2")));
    }

    [Fact]
    public void Without_kept_cases_the_second_run_says_the_same_as_the_first_to_the_byte()
    {
        var line = $"check --kernel v5.18 --arch arm64 --workloads 2000 --json --no-kept --out {_folder}";
        var first = Command.Run(line);
        Assert.NotEmpty(Files());
        Assert.Equal(first, Command.Run(line));
    }

    [Fact]
    public void Without_saving_nothing_is_written_and_nothing_moved()
    {
        Write("bits.case", Bits);
        var files = Files();
        var text = Command.Run($"check --kernel v6.8 --arch none --workloads 2000 --no-save --out {_folder}");
        Assert.Equal(files, Files());
        Assert.Contains("  no longer fails: bits.case\n", text, StringComparison.Ordinal);
        Assert.Contains("1 minimal case, not saved (--no-save); --details shows them.\n", text, StringComparison.Ordinal);
        Assert.Contains(" run - --trace\n", Command.Run($"check v6.8 none --workloads 2000 --no-save --out {_folder}/none"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder, "none")));
    }

    private static string Results(string text) => text[text.IndexOf("\"results\"", StringComparison.Ordinal)..];

    private List<string> Files() => [.. Directory.EnumerateFiles(_folder).Order(StringComparer.Ordinal).Select(f => f + File.ReadAllText(f))];

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
