using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

/// <summary>What a user sees who gives a tree and patches; the tree is the small kernel of tests/Source.</summary>
[Collection(WorkingDirectory.Name)]
public class SourceTests
{
    private static readonly Dictionary<string, string> Commands = new(StringComparer.Ordinal)
    {
        ["Check-tree"] = "check --source small --workloads 1500 --arch none arm64 --no-progress",
        ["Check-patch"] = "check --source small --patch exclusive-not-detected.patch --workloads 3000 --arch arm64 --no-progress",
        ["Check-mail"] = "check --source small --patch exclusive-not-detected.patch --workloads 3000 --arch arm64 --no-progress --format mail",
        ["Check-json"] = "check --source small --patch stable-writes.patch --workloads 3000 --arch none --json",
        ["Check-not-known"] = "check --source small --patch unknown-call.patch --no-progress",
        ["Check-not-known-json"] = "check --source small --patch unknown-call.patch --json",
        ["Check-said-by-the-user"] = "check --source small --patch unknown-call.patch --helpers mine --workloads 1500 --arch none --no-progress",
        ["Check-not-seen"] = "check --source small --patch comment-only.patch --no-progress",
        ["Check-refactoring"] = "check --source small --patch named-apart.patch --no-progress",
        ["Check-race"] = "check --source small --patch pte-not-asked-again.patch --workloads 3000 --arch none --no-progress",
        ["Check-race-mail"] = "check --source small --patch pte-not-asked-again.patch --workloads 3000 --arch none --no-progress --format mail",
        ["Explore-tree"] = "explore --source small --operations 5 --no-progress",
        ["Explore-patch"] = "explore --source small --patch hook-after-map.patch --arch arm64 --operations 3 --no-progress --json",
        ["Explore-not-seen"] = "explore --source small --patch comment-only.patch --no-progress",
        ["Explore-not-known"] = "explore --source small --patch unknown-call.patch --no-progress",
        ["Explore-kernel-too"] = "explore --source small --kernel v6.5",
        ["Explore-checkpoint-too"] = "explore --source small --checkpoint night",
        ["Show-path"] = "show --source small --path do_wp_page",
        ["Show-patch"] = "show --source small --patch tags-freed-before-restore.patch",
        ["Show-not-known"] = "show --source small --patch unknown-call.patch",
        ["Errors-no-folder"] = "check --source nowhere",
        ["Errors-a-file"] = "check --source mine",
        ["Errors-no-kernel"] = "check --source empty",
        ["Errors-no-patch"] = "check --source small --patch nothing.patch",
        ["Errors-no-patch-in-it"] = "check --source small --patch mine",
        ["Errors-twice"] = "check --source small --patch stable-writes.patch stable-writes.patch",
        ["Errors-patch-alone"] = "check --patch stable-writes.patch",
        ["Errors-kernel-too"] = "check --source small --kernel v6.5",
        ["Errors-bad-helpers"] = "check --source small --helpers small/Makefile",
        ["Errors-bad-like"] = "check --source small --like v6.51",
        ["Errors-bad-format"] = "check --source small --format html",
        ["Errors-no-revision"] = "check --source small@v9",
        ["Errors-show-nothing"] = "show",
        ["Errors-show-both"] = "show v6.5 --source small",
        ["Errors-show-no-path"] = "show --source small --path do_fault",
        ["Errors-order-both"] = "order --kernel v6.5 --source small",
        ["Errors-order-not-known"] = "order --source small --patch unknown-call.patch --no-progress",
    };

    [Theory]
    [InlineData("tree")]
    [InlineData("patch")]
    [InlineData("mail")]
    [InlineData("json")]
    [InlineData("not-known")]
    [InlineData("not-known-json")]
    [InlineData("said-by-the-user")]
    [InlineData("not-seen")]
    [InlineData("refactoring")]
    [InlineData("race")]
    [InlineData("race-mail")]
    public async Task Check(string what) => await Verify(In(Commands["Check-" + what])).UseParameters(what);

    [Theory]
    [InlineData("tree")]
    [InlineData("patch")]
    [InlineData("not-seen")]
    [InlineData("not-known")]
    [InlineData("kernel-too")]
    [InlineData("checkpoint-too")]
    public async Task Explore(string what) => await Verify(In(Commands["Explore-" + what])).UseParameters(what);

    [Theory]
    [InlineData("path")]
    [InlineData("patch")]
    [InlineData("not-known")]
    public async Task Show(string what) => await Verify(In(Commands["Show-" + what])).UseParameters(what);

    [Fact]
    public async Task A_kept_case_is_replayed_with_the_lines_of_its_source()
    {
        using var folder = Folder();
        folder.RunInside("check --source small --patch tags-freed-before-restore.patch --workloads 1500 --arch arm64 --no-progress");
        await Verify(folder.RunInside("run .hooks/source/linux-6.5.0-patched-arm64-tag-preservation.case --source small --patch tags-freed-before-restore.patch --trace"));
    }

    [Theory]
    [InlineData("no-folder")]
    [InlineData("a-file")]
    [InlineData("no-kernel")]
    [InlineData("no-patch")]
    [InlineData("no-patch-in-it")]
    [InlineData("twice")]
    [InlineData("patch-alone")]
    [InlineData("kernel-too")]
    [InlineData("bad-helpers")]
    [InlineData("bad-like")]
    [InlineData("bad-format")]
    [InlineData("no-revision")]
    [InlineData("show-nothing")]
    [InlineData("show-both")]
    [InlineData("show-no-path")]
    [InlineData("order-both")]
    [InlineData("order-not-known")]
    public async Task Errors(string what) => await Verify(In(Commands["Errors-" + what])).UseParameters(what);

    private static string In(string command)
    {
        using var folder = Folder();
        return folder.RunInside(command);
    }

    private static OwnFolder Folder()
    {
        var folder = new OwnFolder();
        var from = AppContext.BaseDirectory;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(from, "small"), "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(folder.Path, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        foreach (var file in Directory.EnumerateFiles(Path.Combine(from, "patches"))) File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        Directory.CreateDirectory(Path.Combine(folder.Path, "empty"));
        File.WriteAllText(Path.Combine(folder.Path, "mine"), "swap_prefetch_hint ignore   # it only warms a cache\n");
        return folder;
    }
}
