using Xunit;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Cli;

public class HelpTests
{
    [Fact]
    public async Task Root() => await Verify(Command.Run("--help"));

    [Theory]
    [InlineData("check")]
    [InlineData("merge")]
    [InlineData("run")]
    [InlineData("explore")]
    [InlineData("minimal")]
    [InlineData("minimize")]
    [InlineData("list")]
    [InlineData("show")]
    [InlineData("zoo")]
    [InlineData("mutate")]
    [InlineData("order")]
    [InlineData("lab")]
    [InlineData("lab-list")]
    [InlineData("lab-doctor")]
    [InlineData("lab-run")]
    [InlineData("lab-race")]
    [InlineData("lab-diff")]
    [InlineData("lab-repro")]
    [InlineData("repro")]
    [InlineData("report")]
    public async Task Of_command(string command) => await Verify(Command.Run($"{command.Replace('-', ' ')} --help")).UseParameters(command);

    [Theory]
    [InlineData("kernels")]
    [InlineData("archs")]
    [InlineData("invariants")]
    [InlineData("operations")]
    public async Task List(string what) => await Verify(Command.Run($"list {what}")).UseParameters(what);

    [Theory]
    [InlineData("kernels")]
    [InlineData("archs")]
    [InlineData("invariants")]
    [InlineData("operations")]
    public async Task List_as_json(string what) => await Verify(Command.Run($"list {what} --json")).UseParameters(what);

    [Fact]
    public async Task Show_all_paths_of_a_kernel() => await Verify(Command.Run("show v6.11"));

    [Theory]
    [InlineData("v5.17", "v5.16")]
    [InlineData("v5.18", "v5.17")]
    [InlineData("v5.19", "v5.18")]
    [InlineData("v6.5", "v5.19")]
    [InlineData("v6.8", "v6.5")]
    [InlineData("v6.11", "v6.8")]
    [InlineData("series-v1-1", "v5.19")]
    [InlineData("series-v1-2", "series-v1-1")]
    [InlineData("debian-6.1.192", "v6.8")]
    public async Task Show_what_a_kernel_changed(string kernel, string diff) =>
        await Verify(Command.Run($"show {kernel} --diff {diff}")).UseParameters(kernel, diff);
}
