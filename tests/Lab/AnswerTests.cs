using Hooks.Lab;
using Xunit;

namespace Hooks.LabTests;

public class AnswerTests
{
    [Theory]
    [InlineData("ok v=5 segv=9 at=0100 s=X", "ok data=5 SEGV_MTESERR=0100 X")]
    [InlineData("ok v=torn s=P", "ok data=torn P")]
    [InlineData("ok t=55*5 s=X", "ok tags=55*5 X")]
    [InlineData("ok s=S all=S.../..../..../....", "ok S.../..../..../....")]
    [InlineData("ok s=S w=1", "ok S uffd-wp")]
    [InlineData("ok v=5 n=0/1 s=X f=0 k=dst u=2", "ok data=5 X frame= flags=dst faults=0/1 slots=2")]
    [InlineData("ok n=1/0 s=P f=1 k=- u=0", "ok P frame! flags=- faults=1/0 slots=0")]
    [InlineData("na s=.", "na .")]
    [InlineData("na", "na")]
    [InlineData("cannot no such operation s=P", "cannot no such operation P")]
    [InlineData("err ENOMEM s=-", "err ENOMEM -")]
    [InlineData("sig 7 2 s=-", "sig 7 2 -")]
    public void Is_read_and_shown(string line, string shown) => Assert.Equal(shown, Answer.Parse(line).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("--..")]
    [InlineData("okay")]
    [InlineData("ok v=many")]
    public void What_is_none_is_refused(string line) => Assert.Throws<FormatException>(() => Answer.Parse(line));
}
