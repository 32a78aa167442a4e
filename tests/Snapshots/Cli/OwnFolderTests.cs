using System.Runtime.CompilerServices;
using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>Tests that run at the same time, in one run or in two, do not meet; nor do they meet what a user keeps.</summary>
public sealed class OwnFolderTests : IDisposable
{
    private readonly OwnFolder folder = new();

    private string Kept => Path.Combine(folder.Path, ".hooks");

    private string Case => Path.Combine(Kept, "cases", "a.case");

    public OwnFolderTests()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Case)!);
        File.WriteAllText(Case, "kernel v6.5\n");
        Directory.SetLastWriteTimeUtc(Path.GetDirectoryName(Case)!, DateTime.UnixEpoch);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Folders_differ_and_go_with_their_tests()
    {
        var other = new OwnFolder();
        Assert.NotEqual(folder.Path, other.Path);
        other.Dispose();
        Assert.False(Directory.Exists(other.Path));
    }

    [Fact]
    public void A_folder_that_is_left_alone_is_no_fault()
    {
        var watch = new FolderWatch(Kept);
        File.ReadAllText(Case);
        watch.Check("reading");
        new FolderWatch(Path.Combine(folder.Path, "none")).Check("nothing");
    }

    [Fact]
    public void Taking_a_folder_away_is_noticed() => Noticed(() => Directory.Delete(Kept, recursive: true));

    [Fact]
    public void Making_it_anew_is_noticed()
    {
        Directory.Delete(Kept, recursive: true);
        Noticed(() => Directory.CreateDirectory(Kept));
    }

    [Fact]
    public void Writing_over_a_file_is_noticed()
    {
        File.SetLastWriteTimeUtc(Case, DateTime.UnixEpoch);
        Noticed(() => File.WriteAllText(Case, "kernel v6.8\n"));
    }

    [Fact]
    public void A_command_that_finds_nothing_to_keep_is_noticed() =>
        Noticed(() => folder.Run("check --kernel v6.5 --arch none --workloads 1 --out DIR/.hooks/cases"));

    [Fact]
    public void No_test_names_a_temporary_folder_itself()
    {
        var tests = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..");
        Assert.DoesNotContain(
            Directory.EnumerateFiles(tests, "*.cs", SearchOption.AllDirectories),
            file => File.ReadAllText(file).Contains(nameof(Path.GetTempPath) + "(", StringComparison.Ordinal));
    }

    private void Noticed(Action touch)
    {
        var watch = new FolderWatch(Kept);
        touch();
        Assert.Contains(Kept, Assert.Throws<InvalidOperationException>(() => watch.Check("a test")).Message, StringComparison.Ordinal);
    }

    private static string ThisFile([CallerFilePath] string file = "") => file;
}
