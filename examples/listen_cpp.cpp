/*
 * The client from C++: owners that free, and a lambda for each message. Nothing may be thrown
 * through a callback, so what a handler throws is kept and thrown again outside.
 */
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <rtm/rtm.h>

namespace {

class Listener {
public:
    using Handler = std::function<void(const rtm_message &)>;

    Listener(const rtm_client_options &options, Handler handler) : handler_(std::move(handler))
    {
        rtm_client *client = nullptr;
        check(rtm_client_new(&options, &client), "options");
        client_.reset(client);
        rtm_monitor monitor{};
        monitor.size = sizeof monitor;
        monitor.userdata = this;
        monitor.push_message = monitor.push_group_message = monitor.push_room_message = &tell;
        monitor.push_chat = monitor.push_group_chat = monitor.push_room_chat = &tell;
        check(rtm_client_set_monitor(client, &monitor), "monitor");
        check(rtm_client_connect(client), "connect");
    }

    void listen_to_all()
    {
        rtm_error error{};
        rtm_listen_all all{};
        all.p2p = all.group = all.room = RTM_SWITCH_ON;
        check(rtm_client_set_all_listen_wait(client_.get(), &all, 0, &error), error.text);
        std::cerr << "listening\n";
    }

    void run()
    {
        check(rtm_client_run(client_.get(), -1), "run");
        if (thrown_)
            std::rethrow_exception(thrown_);
    }

    void stop() { rtm_client_stop(client_.get()); }

private:
    struct Free {
        void operator()(rtm_client *client) const { rtm_client_free(client); }
    };

    static void check(int r, const char *what)
    {
        if (r < 0)
            throw std::runtime_error(std::string(what) + ": " + rtm_strerror(r));
    }

    static void tell(rtm_client *, const rtm_message *message, void *userdata) noexcept
    {
        auto *self = static_cast<Listener *>(userdata);
        try {
            self->handler_(*message);
        } catch (...) {
            self->thrown_ = std::current_exception();
            self->stop();
        }
    }

    Handler handler_;
    std::exception_ptr thrown_;
    std::unique_ptr<rtm_client, Free> client_;
};

} // namespace

int main(int argc, char **argv)
try {
    const char *pid = std::getenv("RTM_PID");
    int left = argc > 1 ? std::atoi(argv[1]) : -1;
    rtm_client_options options;
    rtm_client_options_init(&options);
    options.endpoint = std::getenv("RTM_GATE");
    options.pid = pid == nullptr ? 0 : std::atoi(pid);
    options.secret = std::getenv("RTM_SECRET");

    Listener *self = nullptr;
    Listener listener(options, [&](const rtm_message &message) {
        if (left == 0)
            return;
        std::cout << message.from << " -> " << message.to << ": "
                  << std::string_view(message.msg.data, message.msg.len) << std::endl;
        if (left > 0 && --left == 0)
            self->stop();
    });
    self = &listener;
    listener.listen_to_all();
    listener.run();
} catch (const std::exception &error) {
    std::cerr << error.what() << "\n";
    return 1;
}
