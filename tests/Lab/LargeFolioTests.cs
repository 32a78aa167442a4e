using Hooks.Core.Workloads;
using Hooks.Lab;
using Xunit;

namespace Hooks.LabTests;

/// <summary>Pages in large folios, on a real kernel and beside it.</summary>
public class LargeFolioTests
{
    private const int Workloads = 200;

    [Theory]
    [InlineData("debian-6.12.117", true, Lane.Small)]
    [InlineData("debian-6.12.117", false, Lane.Large)]
    [InlineData("v7.3", true, Lane.Large)]
    [InlineData("v7.3", false, Lane.Small)]
    public void Whatever_the_environment_does_is_allowed(string kernel, bool zram, int slots)
    {
        var machine = ModelGuest.Machine(kernel);
        var lane = new Lane(zram, slots, Folios: true);
        int whole = 0, split = 0;
        for (var i = 0; i < Workloads; i++)
        {
            var choices = new Choices(Choices.SeedOf(7, i));
            var program = LabProgram.Of(LabCampaign.Draw(choices, lane), machine);
            Assert.True(program.IsLarge);
            var answers = ModelGuest.Answers(kernel, program, choices);
            var comparison = Comparison.Of(machine, program, answers);
            Assert.True(comparison.Agrees || comparison.Unfollowed is not null, $"{program.Workload}\n{Shown(comparison)}");
            if (answers.Any(a => a.Flags is { } f && (f.Contains('H', StringComparison.Ordinal) || f.Contains('T', StringComparison.Ordinal)))) whole++;
            if (answers.Any(a => a.State == 'X' && a.Flags is { } f && !f.Contains('H', StringComparison.Ordinal) && !f.Contains('T', StringComparison.Ordinal))) split++;
        }

        Assert.True(whole > Workloads / 2 && split > Workloads / 4, $"{whole} with large folios, {split} with small ones");
    }

    /// <summary>docs/large/split.case, as 7.3.4 answered: the page is all zeroes and its flag is lost, so the zero page takes its place, and its tags are gone.</summary>
    [Theory]
    [InlineData("ok v=0 segv=9 at=1111 n=0/0 s=P u=1", true)]
    [InlineData("ok v=0 n=0/0 s=X f=0 k=dt u=1", false)]
    [InlineData("ok v=0 segv=9 at=1111 n=0/0 s=X f=0 k=dt u=1", false)]
    public void A_split_loses_tags(string answer, bool agrees)
    {
        var program = Program("P0 map a-b large", "P0 write a 1", "P0 mprotect b", "P0 tag b 1", "P0 pageout a", "P0 read b");
        var forecast = new Forecast(ModelGuest.Machine("v7.3").WithClusters, program.Workload);
        string[] answers = ["ok s=- u=0", "ok n=1/0 s=X k=H u=0", "ok s=X k=T u=0", "ok n=0/0 s=X f=0 k=T u=0", "ok s=S u=1"];
        for (var i = 0; i < answers.Length; i++) Assert.True(forecast.Advance(program.Operations[i], Answer.Parse(answers[i])).Agrees, $"{program.Operations[i]}: {answers[i]}");
        Assert.Equal(agrees, forecast.Advance(program.Operations[5], Answer.Parse(answer)).Agrees);
    }

    /// <summary>docs/large/split-shows.case: whose the tags are that are shown then, nobody knows.</summary>
    [Theory]
    [InlineData("ok t=0000 n=0/0 s=X f=0 k=dt u=1")]
    [InlineData("ok t=9f09 n=0/0 s=X f=0 k=dt u=1")]
    public void Tags_of_whoever_had_the_page_before_may_be_any(string answer)
    {
        var program = Program("P0 map a-d large", "P0 write a 1", "P0 mprotect a", "P0 pageout a", "P0 mprotect b", "P0 readtag b");
        var forecast = new Forecast(ModelGuest.Machine("v7.3").WithClusters, program.Workload);
        string[] answers = ["ok s=- u=0", "ok n=1/0 s=X k=H u=0", "ok s=X f=0 k=tH u=0", "ok s=S u=1", "ok s=X k=dt u=1", answer];
        for (var i = 0; i < answers.Length; i++) Assert.True(forecast.Advance(program.Operations[i], Answer.Parse(answers[i])).Agrees, $"{program.Operations[i]}: {answers[i]}");
    }

    [Fact]
    public void Fewer_pages_than_a_real_folio_has_are_mapped_as_four()
    {
        var program = Program("P0 map c-d tagged large", "P0 write c 1");
        Assert.Equal("P0 map a-d tagged large, P0 write c 1", string.Join(", ", program.Lines[..2]));
        Assert.Equal("'map a-d tagged large' instead of 'map c-d tagged large': a real kernel's large folios of anonymous memory have four pages at least", Assert.Single(program.Changes));
        Assert.Equal(8, program.Operations.Length - program.Given);
    }

    [Theory]
    [InlineData("P0 map c")]
    [InlineData("P0 mremap a c")]
    public void Unless_something_else_is_there(string line)
    {
        var refused = Assert.Throws<LabException>(() => Program("P0 map a-b large", line));
        Assert.Contains("has something else at page c; write 'map a-d large'", refused.Message, StringComparison.Ordinal);
    }

    private static string Shown(Comparison comparison) =>
        string.Join('\n', comparison.Operations.Select(o => $"{o.Op.Mm} {o.Op}: {o.Kernel} | {string.Join(" or ", o.Model.Allowed)}"));

    private static LabProgram Program(params string[] lines) =>
        LabProgram.Of(CaseParser.Parse($"kernel any\narch any\nswap zram\n{string.Join('\n', lines)}\n", "test").Workload, ModelGuest.Machine("v7.3"));
}
